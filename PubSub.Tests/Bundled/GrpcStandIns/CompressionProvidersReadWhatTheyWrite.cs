using System.IO.Compression;
using System.Security.Cryptography;
using Grpc.Net.Compression;

namespace PubSub.Tests.Bundled.GrpcStandIns;

public sealed class CompressionProvidersReadWhatTheyWrite
{
    public static TheoryData<string, CompressionLevel?> Cases => new()
    {
        { "gzip", null },
        { "gzip", CompressionLevel.SmallestSize },
        { "gzip", CompressionLevel.NoCompression },
        { "deflate", null },
        { "deflate", CompressionLevel.Optimal },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_is_written_is_read_again(string encoding, CompressionLevel? level)
    {
        var provider = Provider(encoding);
        byte[] message = [.. RandomNumberGenerator.GetBytes(10_000), .. new byte[50_000]];
        using var wire = new MemoryStream();
        using (var writer = provider.CreateCompressionStream(wire, level))
            writer.Write(message);

        wire.Position = 0;
        using var read = new MemoryStream();
        using (var reader = provider.CreateDecompressionStream(wire))
            reader.CopyTo(read);

        Assert.Equal(encoding, provider.EncodingName);
        Assert.Equal(message, read.ToArray());
        Assert.True(wire.CanRead, "the stream below belongs to the caller");
        Assert.Equal(level == CompressionLevel.NoCompression, wire.Length > message.Length);
    }

    /// <summary>gRPC's deflate is the zlib format; its header byte says so.</summary>
    [Theory]
    [InlineData("gzip", 0x1F)]
    [InlineData("deflate", 0x78)]
    public void The_format_is_the_protocols(string encoding, byte first)
    {
        using var wire = new MemoryStream();
        using (var writer = Provider(encoding).CreateCompressionStream(wire, null))
            writer.WriteByte(1);

        Assert.Equal(first, wire.ToArray()[0]);
    }

    private static ICompressionProvider Provider(string encoding) => encoding == "gzip"
        ? new GzipCompressionProvider(CompressionLevel.Fastest)
        : new DeflateCompressionProvider(CompressionLevel.Fastest);
}
