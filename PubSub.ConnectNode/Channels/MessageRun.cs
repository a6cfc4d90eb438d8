using PubSub.ConnectNode.Delivery;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.Protocol.Frames;

namespace PubSub.ConnectNode.Channels;

/// <summary>
/// Messages of one channel in their order, for sessions that catch up. Each piece is encoded once for all sessions that
/// begin at the same message. Owned by the channel's lane.
/// </summary>
internal sealed class MessageRun : IDisposable
{
    private readonly Dictionary<(int First, bool IsJson), Piece> _pieces = [];

    public List<ChannelMessage> Messages { get; } = [];

    public ChannelPosition Last => ChannelPosition.From(Messages[^1].Position);

    /// <summary>Index of the first message behind the position; the count where there is none.</summary>
    public int IndexAfter(ChannelPosition position)
    {
        var (low, high) = (0, Messages.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (PositionComparer.Compare(ChannelPosition.From(Messages[middle].Position), position) > 0)
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }

    /// <summary>From this message on, as many as stay below the bytes, and at least one. The run keeps the frame's reference.</summary>
    public Piece From(int first, bool isJson, int maxBytes)
    {
        if (_pieces.TryGetValue((first, isJson), out var piece))
            return piece;

        var count = 0;
        for (var bytes = 0; first + count < Messages.Count; count++)
        {
            bytes += Messages[first + count].CalculateSize();
            if (count > 0 && bytes > maxBytes)
                break;
        }

        var frame = Fanout.Encode(isJson ? FrameCodec.Json : FrameCodec.Protobuf, Messages.GetRange(first, count));
        piece = new Piece(frame, ChannelPosition.From(Messages[first + count - 1].Position));
        _pieces.Add((first, isJson), piece);
        return piece;
    }

    /// <summary>Lets go of what was encoded; the messages may change now.</summary>
    public void Dispose()
    {
        foreach (var piece in _pieces.Values)
            piece.Frame.Release();
        _pieces.Clear();
    }

    internal readonly record struct Piece(SharedFrame Frame, ChannelPosition Last);
}

/// <summary>The order of positions across the lives of a log: later lives have larger epochs.</summary>
internal static class PositionComparer
{
    public static int Compare(ChannelPosition one, ChannelPosition other) =>
        one.Epoch != other.Epoch ? one.Epoch.CompareTo(other.Epoch) : one.Offset.CompareTo(other.Offset);
}
