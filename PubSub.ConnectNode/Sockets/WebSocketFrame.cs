using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using PubSub.Protocol.Frames;
using PubSub.Protocol.Outcomes;

namespace PubSub.ConnectNode.Sockets;

internal enum WebSocketOpcode : byte
{
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

/// <summary>The bytes of RFC 6455 frames.</summary>
internal static class WebSocketFrame
{
    public const int MaxControlPayload = 125;

    /// <summary>Most messages need this header, so room for it is left before their length is known.</summary>
    public const int UsualHeader = 4;

    public static bool IsControl(WebSocketOpcode opcode) => ((byte)opcode & 0x8) != 0;

    public static int HeaderLength(int payload) => payload < 126 ? 2 : payload <= ushort.MaxValue ? 4 : 10;

    public static void WriteHeader(Span<byte> header, WebSocketOpcode opcode, int payload)
    {
        header[0] = (byte)(0x80 | (byte)opcode);
        switch (header.Length)
        {
            case 2:
                header[1] = (byte)payload;
                break;
            case 4:
                header[1] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)payload);
                break;
            default:
                header[1] = 127;
                BinaryPrimitives.WriteInt64BigEndian(header[2..], payload);
                break;
        }
    }

    /// <summary>The length of the header of a frame of ours, and of its payload.</summary>
    public static int ReadHeader(ReadOnlySpan<byte> frame, out int payload)
    {
        switch (frame[1])
        {
            case 126:
                payload = BinaryPrimitives.ReadUInt16BigEndian(frame[2..]);
                return 4;
            case 127:
                payload = (int)BinaryPrimitives.ReadInt64BigEndian(frame[2..]);
                return 10;
            default:
                payload = frame[1];
                return 2;
        }
    }

    /// <summary>Masks in place; returns the mask turned to where the next piece of the same frame goes on.</summary>
    public static uint Mask(Span<byte> bytes, uint mask)
    {
        var wide = mask | ((ulong)mask << 32);
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        for (var i = 0; i < words.Length; i++)
            words[i] ^= wide;
        for (var i = words.Length * sizeof(ulong); i < bytes.Length; i++)
            bytes[i] ^= (byte)(mask >> (8 * (i & 3)));
        return uint.RotateRight(mask, 8 * (bytes.Length & 3));
    }

    /// <summary>How many bytes at the end begin a character that is not whole yet.</summary>
    public static int IncompleteTail(ReadOnlySpan<byte> text)
    {
        for (var i = 1; i <= Math.Min(3, text.Length); i++)
        {
            if ((text[^i] & 0xc0) == 0x80)
                continue;
            // A beginning from which no character can come is not waited for.
            return Rune.DecodeFromUtf8(text[^i..], out _, out _) == OperationStatus.NeedMoreData ? i : 0;
        }

        return 0;
    }

    public static byte[] ClosePayload(int code, string text)
    {
        var payload = new byte[2 + Math.Min(Encoding.UTF8.GetByteCount(text), MaxControlPayload - 2)];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        Utf8.FromUtf16(text, payload.AsSpan(2), out _, out var written);
        return payload[..(2 + written)];
    }

    /// <summary>The code of a peer's close frame; 1000 where it gave none.</summary>
    public static int ReadClose(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty)
            return 1000;
        var code = payload.Length >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(payload) : 0;
        if (code is not ((>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 3000 and <= 4999)))
            throw new ProtocolViolationException(DisconnectReason.ProtocolError, "RFC 6455: no valid code in a close frame.");
        if (!Utf8.IsValid(payload[2..]))
            throw new ProtocolViolationException(DisconnectReason.InvalidText, "The reason of a close frame is not valid UTF-8.");
        return code;
    }
}
