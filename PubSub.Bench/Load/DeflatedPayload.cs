using System.IO.Compression;

namespace PubSub.Bench.Load;

/// <summary>
/// Inflates what came deflated. All clients get the same bytes one after another, so what was inflated last is kept: the
/// load must not take the CPU that is measured.
/// </summary>
internal static class DeflatedPayload
{
    private static readonly byte[] Tail = [0, 0, 0xff, 0xff];

    [ThreadStatic]
    private static (byte[] Deflated, byte[] Inflated)? _last;

    public static ReadOnlySpan<byte> Inflate(ReadOnlySpan<byte> payload)
    {
        if (_last is { } last && payload.SequenceEqual(last.Deflated))
            return last.Inflated;
        using var stream = new DeflateStream(new MemoryStream([.. payload, .. Tail]), CompressionMode.Decompress);
        using var inflated = new MemoryStream();
        stream.CopyTo(inflated);
        _last = (payload.ToArray(), inflated.ToArray());
        return _last.Value.Inflated;
    }
}
