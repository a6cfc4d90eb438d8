using PubSub.ConnectNode.Delivery;
using PubSub.Protocol.Channels;

namespace PubSub.ConnectNode.Channels;

/// <summary>
/// What a channel delivered while sessions catch up on it, bounded in count and bytes. It closes the seam between the
/// log and the live messages: a read of the log takes a while, and what was delivered meanwhile is here.
/// </summary>
internal sealed class RecentMessages : IDisposable
{
    public const int MostMessages = 1024;
    private const int MostBytes = 1024 * 1024;

    private readonly MessageRun _run = new();
    private ChannelPosition _start;
    private int _bytes;

    /// <summary>Begins behind this position.</summary>
    public void Restart(ChannelPosition position)
    {
        _run.Dispose();
        _run.Messages.Clear();
        _bytes = 0;
        _start = position;
    }

    public void Add(ReadOnlySpan<LaneWork> delivered)
    {
        _run.Dispose();
        foreach (ref readonly var work in delivered)
        {
            if (!ChannelPosition.From(work.Message.Position).IsLogged)
                continue;
            _run.Messages.Add(work.Message);
            _bytes += work.Message.CalculateSize();
        }

        var dropped = 0;
        while (_run.Messages.Count - dropped > MostMessages || (_bytes > MostBytes && dropped < _run.Messages.Count))
            _bytes -= _run.Messages[dropped++].CalculateSize();
        if (dropped == 0)
            return;
        _start = ChannelPosition.From(_run.Messages[dropped - 1].Position);
        _run.Messages.RemoveRange(0, dropped);
    }

    /// <summary>All that was delivered behind the position is here; null otherwise, or where nothing was.</summary>
    public MessageRun? Behind(ChannelPosition position) =>
        PositionComparer.Compare(position, _start) >= 0 && _run.Messages.Count > 0 && PositionComparer.Compare(_run.Last, position) > 0
            ? _run
            : null;

    /// <summary>Whether the log lost nothing between the position and the newest message.</summary>
    public bool IsWholeBehind(ChannelPosition position) =>
        Behind(position) is { } run && run.Last.Epoch == position.Epoch
        && run.Last.Offset - position.Offset == run.Messages.Count - run.IndexAfter(position);

    public void Dispose() => _run.Dispose();
}
