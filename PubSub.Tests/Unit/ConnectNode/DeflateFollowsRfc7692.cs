using System.IO.Compression;
using System.Text;
using PubSub.ConnectNode.Sockets.Deflate;
using PubSub.Protocol;
using PubSub.Protocol.Frames;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Unit.ConnectNode;

/// <summary>SPEC.md section 13, in the manner of the Autobahn suite's 12 and 13; a bystander notices nothing of any case.</summary>
public abstract class DeflateFollowsRfc7692(bool onBareSockets) : IAsyncLifetime
{
    private const string Offer = "permessage-deflate";
    private const string Ping = """{"type":"ping","id":"1"}""";
    private const int Limit = 64 * 1024;
    private const byte Deflated = 0xc1;

    private NodeHost _node = null!;
    private RawWebSocket _bystander = null!;

    public async Task InitializeAsync()
    {
        _node = await NodeHost.StartAsync(options =>
        {
            options.LeanSockets = onBareSockets;
            options.Deflate = true;
            options.MaxFrameBytes = Limit;
        });
        _bystander = await RawWebSocket.OpenAsync(_node.Port, "user_id=bystander", extensions: Offer);
        await _bystander.ReadAsync("connected");
    }

    public async Task DisposeAsync()
    {
        await _bystander.SendFrameAsync(Deflated, DeflatedMessage.Of(Ping));
        await _bystander.ReadAsync("pong");
        _bystander.Dispose();
        await _node.DisposeAsync();
    }

    public static TheoryData<string, int, string> Violations() => new()
    {
        { "deflated from the second frame on", 1002, Hex(0x01, "{"u8.ToArray()) + Hex(0xc0, DeflatedMessage.Of("}")) },
        { "said again in the second frame", 1002, Hex(0x41, DeflatedMessage.Of(Ping)) + Hex(0xc0, []) },
        { "a deflated ping", 1002, Hex(0xc9, []) },
        { "a deflated close", 1002, Hex(0xc8, []) },
        { "another reserved bit beside", 1002, Hex(0xe1, DeflatedMessage.Of(Ping)) },
        { "binary to json", 1003, Hex(0xc2, DeflatedMessage.Of(Ping)) },
        { "no deflate at all", 1007, Hex(Deflated, "hello"u8.ToArray()) },
        { "a kind of block that does not exist", 1007, Hex(Deflated, [0x07, 0x00]) },
        { "nothing at all", 1007, Hex(Deflated, []) },
        { "cut off in a block", 1007, Hex(Deflated, DeflatedMessage.Of(Ping)[..8]) },
        { "cut off at its end", 1007, Hex(Deflated, DeflatedMessage.Of(Ping)[..^1]) },
        { "refers to the message before", 1007, Hex(Deflated, DeflatedMessage.Of(Ping)) + Hex(Deflated, [0x62, 0x00, 0x11, 0x00]) },
        { "bad UTF-8", 1007, Hex(Deflated, DeflatedMessage.Of([(byte)'{', 0xc3, 0x28])) },
        { "UTF-8 that ends too soon", 1007, Hex(Deflated, DeflatedMessage.Of([(byte)'{', 0xe2, 0x82])) },
        { "a bomb of 16 MB", 1009, Hex(Deflated, DeflatedMessage.Of(new byte[16 * 1024 * 1024])) },
        { "one byte more than the limit", 1009, Hex(Deflated, DeflatedMessage.Of(PingOf(Limit + 1))) },
        { "one byte more than the limit, stored", 1009, Hex(Deflated, DeflatedMessage.Of(PingOf(Limit + 1), CompressionLevel.NoCompression)) },
        { "longer than anything that is deflated to good use", 1009, "C1FF" + $"{MessageInflater.MostDeflated(Limit) + 1:X16}" },
        { "too large in fragments", 1009, Hex(0x41, new byte[60_000]) + Hex(0x80, new byte[20_000]) },
        { "no JSON", 4502, Hex(Deflated, DeflatedMessage.Of("hello")) },
        { "empty", 4502, Hex(Deflated, [0x00]) },
    };

    [Theory]
    [MemberData(nameof(Violations))]
    public async Task A_violation_ends_that_connection_with_its_code(string name, int code, string hex)
    {
        Assert.NotEmpty(name);
        using var socket = await OpenAsync();
        await socket.SendAsync(Convert.FromHexString(hex));
        Assert.Equal(code, await socket.ReadCloseAsync());
        await Wait.UntilAsync(() => _node.Sessions.Count == 1, "the session is gone");
    }

    /// <summary>All of it can be inflated, but more was announced.</summary>
    [Fact]
    public void A_message_that_ends_inside_a_block_is_not_taken_for_whole() => Assert.Throws<ProtocolViolationException>(
        static () => MessageInflater.Inflate(new byte[] { 0x00, 0xff, 0x00, 0x00, 0xff, (byte)'{' }, Limit, out _));

    public static TheoryData<string, string> Forms() => new()
    {
        { "as usual", Hex(Deflated, DeflatedMessage.Of(Ping)) },
        { "stored", Hex(Deflated, DeflatedMessage.Of(Ping, CompressionLevel.NoCompression)) },
        { "not deflated", Hex(0x81, Encoding.UTF8.GetBytes(Ping)) },
        { "in a final block", Hex(Deflated, DeflatedMessage.InFinalBlock(Ping)) },
        { "in two blocks", Hex(Deflated, [.. DeflatedMessage.Of(Ping[..9]), 0, 0, 0xff, 0xff, .. DeflatedMessage.Of(Ping[9..])]) },
        { "of exactly the limit", Hex(Deflated, DeflatedMessage.Of(PingOf(Limit))) },
        { "of exactly the limit, and longer on the wire", Hex(Deflated, DeflatedMessage.Of(PingOf(Limit), CompressionLevel.NoCompression)) },
        { "with empty fragments", Hex(0x41, []) + Hex(0x00, DeflatedMessage.Of(Ping)) + Hex(0x00, []) + Hex(0x80, []) },
        { "with control frames between", Hex(0x41, DeflatedMessage.Of(Ping)[..5]) + Hex(0x8a, [1]) + Hex(0x80, DeflatedMessage.Of(Ping)[5..]) },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task A_message_may_have_any_form(string name, string hex)
    {
        Assert.NotEmpty(name);
        using var socket = await OpenAsync();
        for (var i = 0; i < 2; i++)
        {
            await socket.SendAsync(Convert.FromHexString(hex));
            await socket.ReadAsync("pong");
        }
    }

    [Fact]
    public async Task A_message_may_come_in_any_pieces_with_a_ping_between()
    {
        using var socket = await OpenAsync();
        var deflated = DeflatedMessage.Of("""{"type":"ping","id":"€"}""");
        foreach (var (one, i) in deflated.Select(static (one, i) => (one, i)))
        {
            byte[] frame = RawWebSocket.Frame((byte)((i == 0 ? 0x41 : 0) | (i == deflated.Length - 1 ? 0x80 : 0)), [one]);
            foreach (var piece in i == 3 ? [.. RawWebSocket.Frame(0x89, [1, 2, 3]), .. frame] : frame)
                await socket.SendAsync([piece]);
        }

        var (first, payload) = await socket.ReadFrameAsync();
        Assert.Equal(0x8a, first);
        Assert.Equal([1, 2, 3], payload);
        Assert.Equal("€", (await socket.ReadAsync("pong")).GetProperty("id").GetString());
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(1000)]
    [InlineData(0)]
    public async Task A_pushed_message_arrives_as_it_was(int length)
    {
        using var socket = await OpenAsync("user_id=u1&room_id=r");
        await socket.ReadAsync("joined");
        // Without repetitions beyond those of its letters.
        var text = string.Concat(Enumerable.Range(0, length).Select(static i => (char)('a' + (i * 7919L * i % 23))));
        _node.Deliver(_node.Upstream.Append("room:r", text));

        var (first, payload) = await socket.ReadFrameAsync();
        Assert.Equal(Deflated, first);
        Assert.NotEqual(new byte[] { 0, 0, 0xff, 0xff }, payload[^4..]);
        Assert.Contains($"\"data\":\"{text}\"", Encoding.UTF8.GetString(DeflatedMessage.Inflate(payload)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_does_not_shrink_goes_as_it_is()
    {
        using var socket = await OpenAsync("user_id=u1&room_id=r", "pubsub.protobuf.v1");
        await Wait.UntilAsync(() => _node.Channels.Rooms == 1, "the room is joined");
        var random = new byte[1000];
        new Random(1).NextBytes(random);
        var message = _node.Upstream.Append("room:r", "");
        message.Content = new Content { Type = MessageType.Audio, Binary = Google.Protobuf.ByteString.CopyFrom(random) };
        _node.Deliver(message);

        while (true)
        {
            var (first, payload) = await socket.ReadFrameAsync();
            Assert.Equal(0x82, first);
            if (payload.AsSpan().IndexOf(random) >= 0)
                break;
        }

        Assert.Equal(1, Counts.Kept);
        Assert.Equal(0, Counts.Messages);
    }

    [Theory]
    [InlineData("permessage-deflate", "")]
    [InlineData("permessage-deflate; client_max_window_bits", "")]
    [InlineData("permessage-deflate; client_max_window_bits=8", "; client_max_window_bits=8")]
    [InlineData("permessage-deflate; client_max_window_bits=11; server_max_window_bits=11", "; server_max_window_bits=9; client_max_window_bits=11")]
    [InlineData("permessage-deflate; server_no_context_takeover; client_no_context_takeover", "")]
    [InlineData("permessage-deflate; server_max_window_bits=15", "; server_max_window_bits=15")]
    [InlineData("permessage-deflate; server_max_window_bits=14", "; server_max_window_bits=12")]
    [InlineData("permessage-deflate; server_max_window_bits=\"12\"", "; server_max_window_bits=12")]
    [InlineData("permessage-deflate;server_max_window_bits = \"1\\1\"", "; server_max_window_bits=9")]
    [InlineData("permessage-deflate; server_max_window_bits=9", "; server_max_window_bits=9")]
    [InlineData("permessage-deflate; server_max_window_bits=8", null)]
    [InlineData("permessage-deflate; server_max_window_bits=8, permessage-deflate", "")]
    [InlineData("x-webkit-deflate-frame, permessage-deflate", "")]
    [InlineData("x; y=\"a,b;permessage-deflate\", permessage-deflate; server_max_window_bits=10, permessage-deflate", "; server_max_window_bits=9")]
    [InlineData("permessage-deflate\r\nSec-WebSocket-Extensions: other", "")]
    [InlineData("other\r\nSec-WebSocket-Extensions: permessage-deflate", "")]
    [InlineData("permessage-deflate; server_max_window_bits", null)]
    [InlineData("permessage-deflate; server_max_window_bits=", null)]
    [InlineData("permessage-deflate; server_max_window_bits=16", null)]
    [InlineData("permessage-deflate; server_max_window_bits=09", null)]
    [InlineData("permessage-deflate; server_max_window_bits=7", null)]
    [InlineData("permessage-deflate; server_max_window_bits=\"12", null)]
    [InlineData("permessage-deflate; server_max_window_bits=\"12\"3", null)]
    [InlineData("permessage-deflate; server_max_window_bits=12; server_max_window_bits=12", null)]
    [InlineData("permessage-deflate; client_max_window_bits=16", null)]
    [InlineData("permessage-deflate; client_max_window_bits; client_max_window_bits=10", null)]
    [InlineData("permessage-deflate; server_no_context_takeover=1", null)]
    [InlineData("permessage-deflate; client_no_context_takeover=\"\"", null)]
    [InlineData("permessage-deflate; client_no_context_takeover; client_no_context_takeover", null)]
    [InlineData("permessage-deflate; mem_level=9", null)]
    [InlineData("permessage-deflate; ", null)]
    [InlineData("permessage-deflate=1", null)]
    [InlineData("permessage-deflate mux", null)]
    [InlineData("permessage-bzip2", null)]
    [InlineData("", null)]
    public async Task The_first_offer_that_can_be_met_is_answered(string offers, string? beyond)
    {
        using var socket = await RawWebSocket.OpenAsync(_node.Port, extensions: offers);
        var answer = socket.Answer.Split("\r\n").Where(static line => line.StartsWith("Sec-WebSocket-Extensions:", StringComparison.OrdinalIgnoreCase));
        string[] expected = beyond is null
            ? []
            : [$"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover{beyond}"];
        Assert.Equal(expected, answer);

        // Whatever came of it, both sides agree on it.
        await socket.ReadAsync("connected");
        await socket.SendFrameAsync(Deflated, DeflatedMessage.Of(Ping));
        if (beyond is null)
            Assert.Equal(1002, await socket.ReadCloseAsync());
        else
            await socket.ReadAsync("pong");
    }

    [Fact]
    public async Task A_node_that_is_not_told_to_agrees_to_nothing()
    {
        await using var node = await NodeHost.StartAsync(options => options.LeanSockets = onBareSockets);
        using var socket = await RawWebSocket.OpenAsync(node.Port, extensions: Offer);
        Assert.DoesNotContain("Sec-WebSocket-Extensions", socket.Answer, StringComparison.OrdinalIgnoreCase);
        await socket.ReadAsync("connected");
        await socket.SendFrameAsync(Deflated, DeflatedMessage.Of(Ping));
        Assert.Equal(1002, await socket.ReadCloseAsync());
    }

    private DeflateCounts Counts => ((Deflation)_node.Services.GetService(typeof(Deflation))!).Counts;

    private async Task<RawWebSocket> OpenAsync(string query = "user_id=u1", string? subprotocol = null)
    {
        var socket = await RawWebSocket.OpenAsync(_node.Port, query, subprotocol, Offer);
        if (subprotocol is null)
            await socket.ReadAsync("connected");
        return socket;
    }

    /// <summary>A ping that is so many bytes long.</summary>
    private static string PingOf(int bytes) => Ping + new string(' ', bytes - Ping.Length);

    private static string Hex(byte first, byte[] payload) => Convert.ToHexString(RawWebSocket.Frame(first, payload));
}

public sealed class BareSocketsFollowRfc7692() : DeflateFollowsRfc7692(onBareSockets: true);

public sealed class KestrelsSocketsFollowRfc7692() : DeflateFollowsRfc7692(onBareSockets: false);
