namespace PubSub.Protocol.Channels;

/// <summary>How a position stands to another of the same channel.</summary>
public enum PositionOrder
{
    Older,
    Same,
    Newer,

    /// <summary>The two are of different lives of the log, so nothing can be said of what lies between them.</summary>
    OtherEpoch,
}

/// <summary>A place in a channel's log: the log's epoch, and the offset within it. Offsets count from 1.</summary>
public readonly record struct ChannelPosition(long Epoch, long Offset)
{
    /// <summary>The position of a message that no log holds.</summary>
    public static ChannelPosition Unlogged => default;

    public bool IsLogged => Epoch != 0;

    public PositionOrder ComparedTo(ChannelPosition other)
    {
        if (Epoch != other.Epoch)
            return PositionOrder.OtherEpoch;
        return Offset.CompareTo(other.Offset) switch
        {
            < 0 => PositionOrder.Older,
            0 => PositionOrder.Same,
            _ => PositionOrder.Newer,
        };
    }

    public Position ToProto() => new() { Epoch = Epoch, Offset = Offset };

    public static ChannelPosition From(Position? position) =>
        position is null ? Unlogged : new ChannelPosition(position.Epoch, position.Offset);
}
