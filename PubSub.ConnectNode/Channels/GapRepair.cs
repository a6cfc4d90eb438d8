using PubSub.ConnectNode.Delivery;
using PubSub.ConnectNode.Upstream;
using PubSub.Protocol;
using PubSub.Protocol.Channels;

namespace PubSub.ConnectNode.Channels;

/// <summary>
/// Reads a channel's log for a lane: its end when the first subscriber comes in, or what lies in a hole. The lane asks
/// once for all its sessions and not again before the answer, which comes back through its own queue.
/// </summary>
internal sealed class GapRepair(IPushUplink pushes, NodeMetrics metrics)
{
    public const int MostAtOnce = 500;

    public async void ReadEnd(NodeLane lane, ChannelId channel)
    {
        try
        {
            var slice = await pushes.ReadLogAsync(new LogRange { Channel = channel.Text, After = new Position() }, CancellationToken.None);
            lane.Post(new LaneCommand.Settle(channel.Text, slice, null));
        }
        catch (Exception error)
        {
            lane.Post(new LaneCommand.Settle(channel.Text, null, error));
        }
    }

    public async void ReadHole(NodeLane lane, ChannelId channel, ChannelPosition after)
    {
        try
        {
            var range = new LogRange { Channel = channel.Text, After = after.ToProto(), Limit = MostAtOnce };
            var slice = await pushes.ReadLogAsync(range, CancellationToken.None);
            metrics.Repaired("read");
            lane.Post(new LaneCommand.Repaired(channel.Text, slice));
        }
        catch (Exception)
        {
            // Counted, not logged for each channel: the uplink says once that the push managers are away.
            metrics.Repaired("failed");
            lane.Post(new LaneCommand.Repaired(channel.Text, null));
        }
    }
}
