using System.Buffers.Binary;

namespace PubSub.Tests.Wire.Grpc.Hostile;

internal enum FrameType : byte
{
    Data = 0,
    Headers = 1,
    ResetStream = 3,
    Settings = 4,
    PushPromise = 5,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
    Continuation = 9,
}

[Flags]
internal enum FrameFlags : byte
{
    None = 0,
    /// <summary>The same bit acknowledges SETTINGS and PING.</summary>
    EndStream = 1,
    EndHeaders = 4,
}

/// <summary>An HTTP/2 frame as it lies on the wire, legal or not.</summary>
internal sealed record Http2Frame(FrameType Type, FrameFlags Flags, int StreamId, ReadOnlyMemory<byte> Payload)
{
    private const int HeaderLength = 9;

    public bool IsAcknowledgement => Flags.HasFlag(FrameFlags.EndStream);

    /// <returns>Null where the other side has closed.</returns>
    public static async Task<Http2Frame?> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var header = new byte[HeaderLength];
        if (await stream.ReadAtLeastAsync(header, HeaderLength, throwOnEndOfStream: false, cancellationToken) < HeaderLength)
            return null;

        var payload = new byte[(header[0] << 16) | (header[1] << 8) | header[2]];
        await stream.ReadExactlyAsync(payload, cancellationToken);
        var streamId = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)) & int.MaxValue;
        return new Http2Frame((FrameType)header[3], (FrameFlags)header[4], streamId, payload);
    }

    /// <param name="declaredLength">What the header claims; the payload's length unless the frame is to lie.</param>
    public byte[] ToBytes(int? declaredLength = null)
    {
        var length = declaredLength ?? Payload.Length;
        var bytes = new byte[HeaderLength + Payload.Length];
        bytes[0] = (byte)(length >> 16);
        bytes[1] = (byte)(length >> 8);
        bytes[2] = (byte)length;
        bytes[3] = (byte)Type;
        bytes[4] = (byte)Flags;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(5), StreamId);
        Payload.Span.CopyTo(bytes.AsSpan(HeaderLength));
        return bytes;
    }
}
