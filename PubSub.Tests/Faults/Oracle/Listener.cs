using PubSub.Protocol.Channels;

namespace PubSub.Tests.Faults.Oracle;

/// <summary>
/// What one client was told and got, channel by channel, in the order in which it came.
/// </summary>
internal sealed class Listener(string name)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, List<Stretch>> _channels = [];
    private long _count;

    public string Name { get; } = name;

    /// <summary>To be read when the client is done.</summary>
    public IReadOnlyDictionary<string, List<Stretch>> Channels => _channels;

    public long Count => Volatile.Read(ref _count);

    /// <summary>Where the client is in a channel; null before it was subscribed.</summary>
    public ChannelPosition? PositionIn(string channel)
    {
        lock (_lock)
            return _channels.TryGetValue(channel, out var stretches) ? stretches[^1].Position : null;
    }

    /// <summary>Where the client is in each of its channels.</summary>
    public IReadOnlyList<(string Channel, ChannelPosition Position)> Positions()
    {
        lock (_lock)
            return [.. _channels.Select(channel => (channel.Key, channel.Value[^1].Position))];
    }

    /// <summary>
    /// The client was told where it stands. With <paramref name="recovered"/> all goes on from its last position,
    /// without a new stretch begins: it is entitled to what comes after the position, and knows that it may have missed
    /// some before it.
    /// </summary>
    public void Subscribed(string channel, ChannelPosition position, bool recovered)
    {
        lock (_lock)
        {
            if (!_channels.TryGetValue(channel, out var stretches))
                stretches = _channels[channel] = [];
            if (!recovered || stretches.Count == 0)
                stretches.Add(new Stretch(position));
        }
    }

    public void Received(string channel, ChannelPosition position, string data)
    {
        lock (_lock)
        {
            if (!_channels.TryGetValue(channel, out var stretches))
                _channels[channel] = stretches = [new Stretch(position with { Offset = position.Offset - 1 })];
            // Another epoch: the log began anew under a client that stayed, which is entitled to all of the new one.
            if (stretches[^1].Epoch != position.Epoch)
                stretches.Add(new Stretch(position with { Offset = 0 }));
            stretches[^1].Deliveries.Add(new Delivery(position, NumberedMessage.Parse(data)));
            _count++;
        }
    }

    /// <summary>Deliveries without a break that the client knows of.</summary>
    internal sealed class Stretch(ChannelPosition after)
    {
        public ChannelPosition After { get; } = after;

        public long Epoch => After.Epoch;

        public ChannelPosition Position => Deliveries.Count > 0 ? Deliveries[^1].Position : After;

        public List<Delivery> Deliveries { get; } = [];
    }

    internal readonly record struct Delivery(ChannelPosition Position, NumberedMessage? Message);
}
