using System.Collections.Concurrent;
using PubSub.Protocol;
using PubSub.Protocol.Channels;

namespace PubSub.PushManager.Publishing;

/// <summary>
/// What a lane remembers of its channels between batches. Only the lane writes; nothing here decides whether a logged
/// message is delivered.
/// </summary>
internal sealed class LaneMemory
{
    private const int Most = 20_000;

    private readonly Dictionary<ChannelId, ChannelPosition> _ends = [];
    private readonly ConcurrentDictionary<ChannelId, IReadOnlyList<NodeIdentity>> _logOff = [];

    /// <summary>Messages in the log of which the nodes could not be told: the newest position of each channel.</summary>
    public Dictionary<ChannelId, ChannelPosition> Owed { get; } = [];

    /// <summary>The newest position that we were given; a store that shows an older one has lost data.</summary>
    public ChannelPosition EndOf(ChannelId channel) => _ends.GetValueOrDefault(channel);

    public void Reached(ChannelId channel, ChannelPosition end)
    {
        if (_ends.Count >= Most)
            _ends.Clear();
        _ends[channel] = end;
        _logOff.TryRemove(channel, out _);
    }

    public bool IsLogOff(ChannelId channel) => _logOff.ContainsKey(channel);

    /// <summary>Where the subscribers of a channel without a log were; used only while nobody can be asked.</summary>
    public IReadOnlyList<NodeIdentity> LastNodesOf(ChannelId channel) => _logOff.GetValueOrDefault(channel) ?? [];

    public void IsWithoutLog(ChannelId channel, IReadOnlyList<NodeIdentity> nodes)
    {
        if (_logOff.Count >= Most)
            _logOff.Clear();
        _logOff[channel] = nodes;
    }

    public void HasLog(ChannelId channel) => _logOff.TryRemove(channel, out _);
}
