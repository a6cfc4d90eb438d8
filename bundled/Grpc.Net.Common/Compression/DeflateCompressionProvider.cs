using System.IO.Compression;

namespace Grpc.Net.Compression;

/// <summary>The deflate encoding, which despite its name is deflate inside the zlib format (RFC 1950).</summary>
public sealed class DeflateCompressionProvider : ICompressionProvider
{
    private readonly CompressionLevel _defaultLevel;

    public DeflateCompressionProvider(CompressionLevel defaultCompressionLevel)
    {
        _defaultLevel = defaultCompressionLevel;
    }

    public string EncodingName => "deflate";

    public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) =>
        new ZLibStream(stream, compressionLevel ?? _defaultLevel, leaveOpen: true);

    public Stream CreateDecompressionStream(Stream stream) =>
        new ZLibStream(stream, CompressionMode.Decompress, leaveOpen: true);
}
