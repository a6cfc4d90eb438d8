using System.Buffers.Binary;
using System.Text;

namespace PubSub.Bench.Load;

/// <summary>What a client sends. The mask is 0, which is a mask like any other and leaves the bytes as they are.</summary>
internal static class MaskedFrame
{
    private const byte Text = 0x81;
    private const byte Pong = 0x8a;

    public static byte[] OfText(string text) => Of(Text, Encoding.UTF8.GetBytes(text));

    public static byte[] OfPong(ReadOnlySpan<byte> payload) => Of(Pong, payload);

    private static byte[] Of(byte first, ReadOnlySpan<byte> payload)
    {
        var header = payload.Length < 126 ? 2 : 4;
        if (payload.Length > ushort.MaxValue)
            throw new ArgumentException("The load sends no frames beyond 65,535 bytes.", nameof(payload));
        var frame = new byte[header + 4 + payload.Length];
        frame[0] = first;
        frame[1] = (byte)(0x80 | (header == 2 ? payload.Length : 126));
        if (header == 4)
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)payload.Length);
        payload.CopyTo(frame.AsSpan(header + 4));
        return frame;
    }
}
