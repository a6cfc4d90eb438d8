using System.IO.Compression;

namespace Grpc.Net.Compression;

/// <summary>One message encoding.</summary>
public interface ICompressionProvider
{
    /// <summary>The name that stands in grpc-encoding.</summary>
    string EncodingName { get; }

    Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel);

    Stream CreateDecompressionStream(Stream stream);
}
