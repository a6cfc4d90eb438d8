using PubSub.Tests.Wire.Grpc.Peers;
using PubSub.Tests.Wire.Grpc.Servers;

namespace PubSub.Tests.Wire.Grpc.Cases;

/// <summary>The same cases from the other side: a client of another library against our server.</summary>
public abstract class PeerClientCases(InteropPeer client, OurServer server)
{
    [Theory]
    [InlineData("empty_unary")]
    [InlineData("large_unary")]
    [InlineData("client_streaming")]
    [InlineData("server_streaming")]
    [InlineData("ping_pong")]
    [InlineData("empty_stream")]
    [InlineData("cancel_after_begin")]
    [InlineData("cancel_after_first_response")]
    [InlineData("timeout_on_sleeping_server")]
    [InlineData("status_code_and_message")]
    [InlineData("special_status_message")]
    [InlineData("unimplemented_method")]
    [InlineData("unimplemented_service")]
    [InlineData("custom_metadata")]
    public Task Interop_case(string name) => client.RunAsync(name, server.Address);

    [Theory]
    [InlineData("binary_metadata")]
    [InlineData("deadline_reaches_server")]
    [InlineData("deadline_ends_call_on_server")]
    [InlineData("cancel_reaches_server")]
    [InlineData("ten_megabytes")]
    [InlineData("message_over_the_servers_limit")]
    [InlineData("hundred_streams")]
    public Task Wire_case(string name) => client.RunAsync(name, server.Address);

    [Theory]
    [InlineData("large_unary")]
    [InlineData("ping_pong")]
    public Task Over_tls(string name) => client.RunAsync(name, server.TlsAddress);

    [Fact]
    public async Task Gzip_is_used_both_ways()
    {
        var gzip = server.Host.Gzip;
        var (compressed, decompressed) = (gzip.Compressed, gzip.Decompressed);

        await client.RunAsync("gzip", server.Address);

        Assert.Equal(1, gzip.Compressed - compressed);
        Assert.Equal(1, gzip.Decompressed - decompressed);
    }
}
