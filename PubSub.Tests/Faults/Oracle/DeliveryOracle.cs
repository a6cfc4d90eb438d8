using System.Collections.Concurrent;
using PubSub.Protocol.Channels;

namespace PubSub.Tests.Faults.Oracle;

/// <summary>
/// Knows which pushes were accepted and what every listener got, and says what is wrong with it: lost, repeated,
/// reordered, corrupt. A message that no publisher got an OK for may be delivered or not; where it is, it stands in the
/// same order for everybody.
/// </summary>
internal sealed class DeliveryOracle
{
    private readonly ConcurrentQueue<(string Channel, ChannelPosition Position, NumberedMessage Message)> _accepted = new();
    private readonly ConcurrentQueue<(string Channel, NumberedMessage Message)> _promised = new();
    private readonly ConcurrentBag<Listener> _listeners = [];

    public int AcceptedCount => _accepted.Count + _promised.Count;

    /// <summary>How many of them nobody was told the place of.</summary>
    public int PromisedCount => _promised.Count;

    public void Accepted(string channel, ChannelPosition position, NumberedMessage message) =>
        _accepted.Enqueue((channel, position, message));

    /// <summary>The publisher takes it for accepted, but does not know where it stands.</summary>
    public void Promised(string channel, NumberedMessage message) => _promised.Enqueue((channel, message));

    public Listener Listen(string name)
    {
        var listener = new Listener(name);
        _listeners.Add(listener);
        return listener;
    }

    /// <summary>Whether every listener has the last accepted message of each of its channels.</summary>
    public bool EverybodyIsAtTheEnd()
    {
        var ends = _accepted.GroupBy(push => push.Channel)
            .ToDictionary(pushes => pushes.Key, pushes => pushes.MaxBy(push => (push.Position.Epoch, push.Position.Offset)).Position);
        return _listeners.All(listener => listener.Positions().All(place =>
            !ends.TryGetValue(place.Channel, out var end) || place.Position.Epoch != end.Epoch || place.Position.Offset >= end.Offset));
    }

    public Verdict Check()
    {
        var verdict = new Verdict { Accepted = _accepted.Count + _promised.Count };
        var logs = new Dictionary<string, ChannelRecord>();
        foreach (var (channel, position, message) in _accepted)
            Log(channel).Accept(position, message, verdict);

        foreach (var listener in _listeners)
        {
            foreach (var (channel, stretches) in listener.Channels)
                Log(channel).Check(listener.Name, stretches, verdict);
        }

        foreach (var (channel, message) in _promised)
            Log(channel).CheckStands(message, verdict);

        foreach (var log in logs.Values)
            log.CheckPublishersOrder(verdict);
        return verdict;

        ChannelRecord Log(string channel) => logs.TryGetValue(channel, out var log) ? log : logs[channel] = new ChannelRecord(channel);
    }
}
