using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a deserializer finds the bytes of one message.</summary>
public abstract class DeserializationContext
{
    public abstract int PayloadLength { get; }

    public virtual byte[] PayloadAsNewBuffer() => throw new NotImplementedException();

    /// <summary>The bytes without a copy; they are valid until the deserializer returns.</summary>
    public virtual ReadOnlySequence<byte> PayloadAsReadOnlySequence() => throw new NotImplementedException();
}
