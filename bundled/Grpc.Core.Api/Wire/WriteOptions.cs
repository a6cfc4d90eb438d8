namespace Grpc.Core;

/// <summary>Wishes for the writes of a stream.</summary>
[Flags]
public enum WriteFlags
{
    /// <summary>The message may wait in the buffer for the next one instead of being flushed.</summary>
    BufferHint = 0x1,

    /// <summary>Leave the message uncompressed although the call is compressed.</summary>
    NoCompress = 0x2,
}

/// <summary>How the next messages of a stream are written.</summary>
public class WriteOptions
{
    public static readonly WriteOptions Default = new();

    public WriteOptions(WriteFlags flags = default)
    {
        Flags = flags;
    }

    public WriteFlags Flags { get; }
}
