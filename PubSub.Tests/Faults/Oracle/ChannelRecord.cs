using PubSub.Protocol.Channels;

namespace PubSub.Tests.Faults.Oracle;

/// <summary>One channel as everybody together knows it: which message stands at which position.</summary>
internal sealed class ChannelRecord(string channel)
{
    private readonly Dictionary<ChannelPosition, NumberedMessage> _log = [];
    private readonly Dictionary<(long Epoch, NumberedMessage Message), ChannelPosition> _places = [];
    private readonly HashSet<NumberedMessage> _messages = [];
    private readonly SortedSet<ChannelPosition> _accepted = new(ByPlace);

    private static readonly Comparer<ChannelPosition> ByPlace =
        Comparer<ChannelPosition>.Create((a, b) => (a.Epoch, a.Offset).CompareTo((b.Epoch, b.Offset)));

    public void Accept(ChannelPosition position, NumberedMessage message, Verdict verdict)
    {
        Place(position, message, "the publisher", verdict);
        _accepted.Add(position);
    }

    public void Check(string listener, List<Listener.Stretch> stretches, Verdict verdict)
    {
        for (var i = 0; i < stretches.Count; i++)
            Check(listener, stretches[i], i == stretches.Count - 1 ? null : stretches[i + 1].After, verdict);
    }

    /// <summary>What was promised without a place stands somewhere, if anybody got it.</summary>
    public void CheckStands(NumberedMessage message, Verdict verdict)
    {
        if (!_messages.Contains(message))
            verdict.AddLost($"{channel}: {message} stands nowhere");
    }

    /// <summary>A publisher waits for its answer before it sends the next, so its numbers rise with the offsets.</summary>
    public void CheckPublishersOrder(Verdict verdict)
    {
        var last = new Dictionary<string, int>();
        foreach (var position in _accepted)
        {
            var message = _log[position];
            if (last.TryGetValue(message.Publisher, out var number) && number > message.Number)
                verdict.AddReordered($"{channel}: {message} stands behind #{number}, at {position.Offset}");
            last[message.Publisher] = message.Number;
        }
    }

    private void Check(string listener, Listener.Stretch stretch, ChannelPosition? next, Verdict verdict)
    {
        var last = stretch.After;
        var got = new HashSet<ChannelPosition>();
        foreach (var (position, message) in stretch.Deliveries)
        {
            verdict.Delivered++;
            if (message is { } known)
                Place(position, known, listener, verdict);
            else
                verdict.AddCorrupt($"{listener}, {channel} at {position.Offset}: not what a publisher wrote");

            if (!got.Add(position))
                verdict.AddRepeated($"{listener}, {channel} at {position.Offset}");
            else if (position.Epoch == last.Epoch && position.Offset <= last.Offset)
                verdict.AddReordered($"{listener}, {channel}: {position.Offset} behind {last.Offset}");
            else
                last = position;
        }

        foreach (var position in _accepted.GetViewBetween(After(stretch.After), new ChannelPosition(stretch.After.Epoch, long.MaxValue)))
        {
            if (got.Contains(position))
                continue;
            // What the next stretch begins behind, the client was told that it may have missed.
            if (next is { } known && (known.Epoch != position.Epoch || known.Offset >= position.Offset))
                verdict.WrittenOff++;
            else if (next is null)
                verdict.AddLost($"{listener}, {channel} at {position.Offset}: {_log[position]}; its last is {last.Offset}");
        }
    }

    private void Place(ChannelPosition position, NumberedMessage message, string who, Verdict verdict)
    {
        _messages.Add(message);
        if (!_log.TryAdd(position, message))
        {
            if (_log[position] != message)
                verdict.AddCorrupt($"{channel} at {position.Offset}: {_log[position]}, but for {who} {message}");
            return;
        }

        if (!_places.TryAdd((position.Epoch, message), position))
            verdict.AddRepeated($"{channel}: {message} at {_places[(position.Epoch, message)].Offset} and at {position.Offset}");
    }

    private static ChannelPosition After(ChannelPosition position) => position with { Offset = position.Offset + 1 };
}
