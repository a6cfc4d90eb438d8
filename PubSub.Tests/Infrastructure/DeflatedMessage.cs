using System.IO.Compression;
using System.Text;

namespace PubSub.Tests.Infrastructure;

/// <summary>Messages as RFC 7692, 7.2 puts them on the wire.</summary>
internal static class DeflatedMessage
{
    private static readonly byte[] Tail = [0, 0, 0xff, 0xff];

    public static byte[] Of(string text, CompressionLevel level = CompressionLevel.Optimal) => Of(Encoding.UTF8.GetBytes(text), level);

    public static byte[] Of(byte[] message, CompressionLevel level = CompressionLevel.Optimal)
    {
        using var deflated = new MemoryStream();
        using var stream = new DeflateStream(deflated, level);
        stream.Write(message);
        stream.Flush();
        var bytes = deflated.ToArray();
        Assert.Equal(Tail, bytes[^4..]);
        return bytes[..^4];
    }

    /// <summary>In one block that says that none follows (7.2.3.4).</summary>
    public static byte[] InFinalBlock(string text)
    {
        using var deflated = new MemoryStream();
        using (var stream = new DeflateStream(deflated, CompressionLevel.Optimal, leaveOpen: true))
            stream.Write(Encoding.UTF8.GetBytes(text));
        return [.. deflated.ToArray(), 0];
    }

    public static byte[] Inflate(byte[] deflated)
    {
        using var stream = new DeflateStream(new MemoryStream([.. deflated, .. Tail]), CompressionMode.Decompress);
        using var message = new MemoryStream();
        stream.CopyTo(message);
        return message.ToArray();
    }
}
