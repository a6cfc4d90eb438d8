using Microsoft.Extensions.Options;
using PubSub.ConnectNode.Delivery;
using PubSub.Protocol.Channels;

namespace PubSub.ConnectNode.Channels;

/// <summary>The channels of this node, spread over lanes that own them, and how many there are.</summary>
internal sealed class ChannelTable : IDisposable
{
    private readonly NodeLane[] _lanes;
    private int _channels;
    private int _rooms;

    public ChannelTable(GapRepair repair, NodeMetrics metrics, TimeProvider time, IOptions<NodeOptions> options)
    {
        _lanes = new NodeLane[options.Value.DeliveryLanes];
        for (var i = 0; i < _lanes.Length; i++)
            _lanes[i] = new NodeLane(this, repair, metrics, time, options.Value.GapWaitMs);
        metrics.ObserveChannels(this);
    }

    public int Channels => Volatile.Read(ref _channels);

    public int Rooms => Volatile.Read(ref _rooms);

    public NodeLane LaneOf(string channel) => _lanes[LaneHash.Lane(channel, _lanes.Length)];

    public void RecheckAll()
    {
        foreach (var lane in _lanes)
            lane.Post(LaneCommand.RecheckAll.Instance);
    }

    public void Opened(ChannelKind kind) => Count(kind, 1);

    public void Closed(ChannelKind kind) => Count(kind, -1);

    public void Dispose()
    {
        foreach (var lane in _lanes)
            lane.Dispose();
    }

    private void Count(ChannelKind kind, int change)
    {
        Interlocked.Add(ref _channels, change);
        if (kind == ChannelKind.Room)
            Interlocked.Add(ref _rooms, change);
    }
}
