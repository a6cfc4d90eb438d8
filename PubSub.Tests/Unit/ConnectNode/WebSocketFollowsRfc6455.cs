using System.Text;
using PubSub.Protocol.Outcomes;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Unit.ConnectNode;

/// <summary>SPEC.md sections 1, 6 and 8, in the manner of the Autobahn suite; a bystander notices nothing of any case.</summary>
public abstract class WebSocketFollowsRfc6455(bool onBareSockets) : IAsyncLifetime
{
    private const string Ping = """{"type":"ping","id":"1"}""";

    private NodeHost _node = null!;
    private RawWebSocket _bystander = null!;

    public async Task InitializeAsync()
    {
        _node = await NodeHost.StartAsync(options => options.LeanSockets = onBareSockets);
        _bystander = await RawWebSocket.OpenAsync(_node.Port, "user_id=bystander");
        await _bystander.ReadAsync("connected");
    }

    public async Task DisposeAsync()
    {
        await _bystander.SendTextAsync(Ping);
        await _bystander.ReadAsync("pong");
        _bystander.Dispose();
        await _node.DisposeAsync();
    }

    public static TheoryData<string, int, string> Violations() => new()
    {
        { "unmasked", 1002, Convert.ToHexString(RawWebSocket.Frame(0x81, "{}"u8.ToArray(), masked: false)) },
        { "reserved bit 1", 1002, Hex(0xc1, "{}") },
        { "reserved bit 2", 1002, Hex(0xa1, "{}") },
        { "reserved bit 3", 1002, Hex(0x91, "{}") },
        { "reserved data opcode", 1002, Hex(0x83, "") },
        { "reserved control opcode", 1002, Hex(0x8b, "") },
        { "fragmented ping", 1002, Hex(0x09, "x") },
        { "long ping", 1002, Hex(0x89, new string('x', 126)) },
        { "continuation first", 1002, Hex(0x80, "x") },
        { "message inside a message", 1002, Hex(0x01, "{") + Hex(0x81, "}") },
        { "length not in its shortest form", 1002, "81FE0001000000007B" },
        { "length of 64 bits, negative", 1002, "81FFFFFFFFFFFFFFFFFF00000000" },
        { "binary to json", 1003, Hex(0x82, "{}") },
        { "bad UTF-8", 1007, Convert.ToHexString(RawWebSocket.Frame(0x81, [0xc3, 0x28])) },
        { "UTF-8 that ends too soon", 1007, Convert.ToHexString(RawWebSocket.Frame(0x81, [0x7b, 0xe2, 0x82])) },
        { "bad UTF-8 in the second fragment", 1007, Hex(0x01, "{") + Convert.ToHexString(RawWebSocket.Frame(0x00, [0xff])) },
        { "surrogate in UTF-8", 1007, Convert.ToHexString(RawWebSocket.Frame(0x81, [0xed, 0xa0, 0x80])) },
        { "too large", 1009, "81FF0000000000010001" },
        { "too large in fragments", 1009, Hex(0x01, new string(' ', 60_000)) + Hex(0x80, new string(' ', 10_000)) },
        { "no JSON", 4502, Hex(0x81, "hello") },
        { "no object", 4502, Hex(0x81, "[]") },
        { "unknown type", 4502, Hex(0x81, """{"type":"dance"}""") },
        { "depth 10,000", 4502, Hex(0x81, """{"type":"ping","payload":""" + string.Concat(Enumerable.Repeat("{\"a\":", 10_000))) },
        { "close with one byte", 1002, Hex(0x88, "x") },
        { "close with code 1005", 1002, Convert.ToHexString(RawWebSocket.Frame(0x88, [0x03, 0xed])) },
        { "close with code 999", 1002, Convert.ToHexString(RawWebSocket.Frame(0x88, [0x03, 0xe7])) },
        { "close with a bad reason", 1007, Convert.ToHexString(RawWebSocket.Frame(0x88, [0x03, 0xe8, 0xff])) },
    };

    [Theory]
    [MemberData(nameof(Violations))]
    public async Task A_violation_ends_that_connection_with_its_code(string name, int code, string hex)
    {
        Assert.NotEmpty(name);
        using var socket = await RawWebSocket.OpenAsync(_node.Port);
        await socket.ReadAsync("connected");
        await socket.SendAsync(Convert.FromHexString(hex));
        Assert.Equal(code, await socket.ReadCloseAsync());
        await Wait.UntilAsync(() => _node.Sessions.Count == 1, "the session is gone");
    }

    [Fact]
    public async Task A_message_may_come_in_any_pieces_with_control_frames_between()
    {
        using var socket = await RawWebSocket.OpenAsync(_node.Port);
        await socket.ReadAsync("connected");
        await socket.SendFrameAsync(0x01, Encoding.UTF8.GetBytes("""{"type":"pi"""));
        await socket.SendFrameAsync(0x89, 1, 2, 3);
        await socket.SendFrameAsync(0x00);
        foreach (var piece in RawWebSocket.Frame(0x80, Encoding.UTF8.GetBytes("""ng","id":"€"}""")))
            await socket.SendAsync([piece]);

        var (first, payload) = await socket.ReadFrameAsync();
        Assert.Equal(0x8a, first);
        Assert.Equal([1, 2, 3], payload);
        Assert.Equal("€", (await socket.ReadAsync("pong")).GetProperty("id").GetString());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(65_000)]
    public async Task Every_length_form_is_read_and_written(int spaces)
    {
        using var socket = await RawWebSocket.OpenAsync(_node.Port);
        await socket.ReadAsync("connected");
        await socket.SendTextAsync(Ping + new string(' ', spaces));
        await socket.ReadAsync("pong");
    }

    [Fact]
    public async Task A_close_is_answered_and_the_connection_ends()
    {
        using var socket = await RawWebSocket.OpenAsync(_node.Port);
        await socket.ReadAsync("connected");
        await socket.SendFrameAsync(0x88, 0x03, 0xe8);
        Assert.Equal(1000, await socket.ReadCloseAsync());
    }

    [Fact]
    public async Task Whoever_goes_on_sending_after_a_violation_still_reads_the_close_frame()
    {
        using var socket = await RawWebSocket.OpenAsync(_node.Port);
        await socket.ReadAsync("connected");
        await socket.SendAsync([.. Convert.FromHexString(Hex(0x83, "")), .. new byte[1 << 20]]);
        Assert.Equal(1002, await socket.ReadCloseAsync());
    }

    [Fact]
    public async Task A_session_is_gone_with_its_close_frame_and_not_with_its_connection()
    {
        using var socket = await RawWebSocket.OpenAsync(_node.Port);
        await socket.ReadAsync("connected");
        await socket.SendFrameAsync(0x88, 0x03, 0xe8);
        await Wait.UntilAsync(() => _node.Sessions.Count == 1, "the session to be gone", TimeSpan.FromSeconds(4));
        Assert.Equal(1000, await socket.ReadCloseAsync());
    }

    [Fact]
    public async Task A_close_of_the_nodes_own_is_over_with_the_clients_answer()
    {
        using var socket = await RawWebSocket.OpenAsync(_node.Port);
        var id = (await socket.ReadAsync("connected")).GetProperty("payload").GetProperty("sessionId").GetString()!;
        _node.Sessions.Find(id)!.End(DisconnectReason.Kicked);
        while ((await socket.ReadFrameAsync()).First != 0x88)
        {
        }

        // The client leaves its side of the connection open; what it still sends shows that nobody is there any more.
        await socket.SendFrameAsync(0x88, 0x11, 0x95);
        await Wait.UntilAsync(
            async () => await Record.ExceptionAsync(() => socket.SendAsync([0])) is IOException, "the connection to be over", TimeSpan.FromSeconds(4));
    }

    [Theory]
    [InlineData("", "HTTP/1.1 426")]
    [InlineData("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "HTTP/1.1 426")]
    [InlineData("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n", "HTTP/1.1 400")]
    [InlineData("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: other\r\n", "HTTP/1.1 400")]
    public async Task A_bad_request_is_told_what_is_wrong(string headers, string status)
    {
        using var socket = await RawWebSocket.RequestAsync(_node.Port, "user_id=u1", headers);
        Assert.StartsWith(status, socket.Answer, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", socket.Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sessions_and_channels_return_to_zero()
    {
        for (var i = 0; i < 20; i++)
        {
            using var socket = await RawWebSocket.OpenAsync(_node.Port, $"user_id=u{i}&room_id=r{i}");
            await socket.ReadAsync("joined");
        }

        await Wait.UntilAsync(() => _node.Sessions.Count == 1 && _node.Channels is { Rooms: 0, Channels: 2 }, "only the bystander is left");
        Assert.Equal(0, _node.Outbox.Bytes);
    }

    private static string Hex(byte first, string payload) => Convert.ToHexString(RawWebSocket.Frame(first, Encoding.UTF8.GetBytes(payload)));
}

public sealed class BareSocketsFollowRfc6455() : WebSocketFollowsRfc6455(onBareSockets: true);

public sealed class KestrelsSocketsFollowRfc6455() : WebSocketFollowsRfc6455(onBareSockets: false);
