using System.Text;
using PubSub.ConnectNode.Sockets;

namespace PubSub.Tests.Unit.ConnectNode;

public sealed class LeanSocketsTakeOnlyWhatIsPlain
{
    private const string Good =
        "GET /ws?user_id=u1&user_name=A%20B HTTP/1.1\r\nHost: node\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    [Fact]
    public void A_browsers_head_is_read_to_its_end()
    {
        var request = UpgradeHead.Read(Encoding.ASCII.GetBytes(Good + "behind"), out var length)!;

        Assert.Equal(Good.Length, length);
        Assert.Equal("u1", request.Query["user_id"]);
        Assert.Equal("A B", request.Query["user_name"]);
        Assert.True(WebSocketHandshake.Read(request).IsGood);
    }

    [Theory]
    [InlineData("GET /ws", "GET /stats")]
    [InlineData("GET /ws", "GET /wsx")]
    [InlineData("GET /ws", "PUT /ws")]
    [InlineData("HTTP/1.1", "HTTP/1.0")]
    [InlineData("Host: node\r\n", "")]
    [InlineData("Host: node\r\n", "Host: node\r\nHost: other\r\n")]
    [InlineData("Host: node\r\n", "Host: node\r\nContent-Length: 3\r\n")]
    [InlineData("Host: node\r\n", "Host: node\r\nTransfer-Encoding: chunked\r\n")]
    [InlineData("Host: node\r\n", "Host: node\r\n folded\r\n")]
    [InlineData("Host: node\r\n", "Host: node\r\nno colon\r\n")]
    [InlineData("Host: node\r\n", "Host: node\r\nX : space\r\n")]
    [InlineData("Host: node\r\n", "Host: node\r\nX: a\nb\r\n")]
    [InlineData("Host: node\r\n", "Host: node\r\nX: caf\u00e9\r\n")]
    [InlineData("\r\n\r\n", "\r\n")]
    public void Whatever_else_comes_is_left_to_Kestrel(string part, string instead)
    {
        var bytes = Encoding.Latin1.GetBytes(Good.Replace(part, instead, StringComparison.Ordinal));

        Assert.Null(UpgradeHead.Read(bytes, out _));
    }

    [Fact]
    public async Task A_head_in_two_pieces_is_answered_all_the_same()
    {
        await using var node = await NodeHost.StartAsync();
        using var client = new System.Net.Sockets.TcpClient { NoDelay = true };
        await client.ConnectAsync(System.Net.IPAddress.Loopback, node.Port);
        var bytes = Encoding.ASCII.GetBytes(Good);
        await client.GetStream().WriteAsync(bytes.AsMemory(0, 40));
        await client.GetStream().WriteAsync(bytes.AsMemory(40));
        var answer = new byte[12];
        await client.GetStream().ReadExactlyAsync(answer);

        Assert.Equal("HTTP/1.1 101", Encoding.ASCII.GetString(answer));
    }
}
