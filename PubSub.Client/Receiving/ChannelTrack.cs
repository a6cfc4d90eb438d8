using PubSub.Protocol.Channels;
using PubSub.Protocol.Client;

namespace PubSub.Client.Receiving;

/// <summary>
/// What of one channel has come, so that each message is taken once: by its position, and by its id where a message
/// has come on two ways or the log began anew.
/// </summary>
internal sealed class ChannelTrack(ChannelPosition? received = null)
{
    internal const int IdsKept = 512;

    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    /// <summary>Everything up to here has come; handed in on a reconnect.</summary>
    public ChannelPosition? Received { get; private set; } = received;

    /// <summary>The node tells where the channel goes on.</summary>
    public ChannelStart Start(Resumed told)
    {
        var position = new ChannelPosition(told.Epoch, told.Offset);
        var before = Received;
        var start = new ChannelStart(told.Channel, position, told.Recovered, before is null);

        // Recovered: the missed messages follow, and move the position themselves. What has come is never asked for anew.
        if (before is null || (!told.Recovered && position.ComparedTo(before.Value) is not PositionOrder.Older))
            Received = position;
        return start;
    }

    /// <summary>
    /// The log was lost and began anew while this client was there: nobody told where it goes on, but the first of the new
    /// epoch does. What the old one still had for this client will not come.
    /// </summary>
    /// <param name="channel">The channel.</param>
    /// <param name="epoch">Of what came.</param>
    /// <param name="offset">Of what came; nothing before it will come.</param>
    /// <returns>Null where the epoch is the same as before.</returns>
    public ChannelStart? BeginAnew(string channel, long epoch, long offset) =>
        epoch != 0 && Received is { IsLogged: true } received && received.Epoch != epoch
            ? Start(new Resumed { Channel = channel, Epoch = epoch, Offset = offset - 1 })
            : null;

    /// <param name="message">What came.</param>
    /// <param name="missed">How many messages are missing before it.</param>
    /// <returns>False where it has come before.</returns>
    public bool TryTake(ServerMessage message, out long missed)
    {
        missed = 0;
        var position = new ChannelPosition(message.Epoch, message.Offset);
        if (position.IsLogged)
        {
            var order = Received is { } received ? position.ComparedTo(received) : PositionOrder.OtherEpoch;
            if (order is PositionOrder.Older or PositionOrder.Same)
                return false;
            if (order is PositionOrder.Newer)
                missed = position.Offset - Received!.Value.Offset - 1;
            Received = position;
        }

        return message.Id.Length == 0 || Remember(message.Id);
    }

    /// <summary>Goes on behind what the node passed over.</summary>
    /// <returns>False where all of it has come before.</returns>
    public bool TryPass(GapMark gap)
    {
        var end = new ChannelPosition(gap.Epoch, gap.To);
        if (!end.IsLogged)
            return true;
        if (Received is { } received && end.ComparedTo(received) is PositionOrder.Older or PositionOrder.Same)
            return false;
        Received = end;
        return true;
    }

    private bool Remember(string id)
    {
        if (!_ids.Add(id))
            return false;
        _order.Enqueue(id);
        if (_order.Count > IdsKept)
            _ids.Remove(_order.Dequeue());
        return true;
    }
}
