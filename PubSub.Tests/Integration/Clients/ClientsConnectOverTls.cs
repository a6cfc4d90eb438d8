using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using PubSub.Client;
using PubSub.ConnectNode.Delivery;
using PubSub.ConnectNode.Sessions;
using PubSub.ConnectNode.Sockets.Deflate;
using PubSub.ConnectNode.Sockets.Tls;
using PubSub.Protocol;
using PubSub.Protocol.Outcomes;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Unit.ConnectNode;

namespace PubSub.Tests.Integration.Clients;

/// <summary>A node that has a certificate: everything goes by the stream instead of the socket.</summary>
public sealed class ClientsConnectOverTls : IAsyncLifetime
{
    private const int OutboxBytes = 256 * 1024;

    private static readonly string Body = new('x', 16 * 1024);

    private readonly TlsFiles _files = new();
    private NodeHost _node = null!;

    public async Task InitializeAsync() => _node = await NodeHost.StartAsync(
        static options => (options.OutboxMaxBytes, options.Deflate) = (OutboxBytes, true),
        tls: Files());

    public async Task DisposeAsync()
    {
        await _node.DisposeAsync();
        _files.Dispose();
    }

    [Fact]
    public async Task The_client_library_joins_talks_and_comes_back_to_what_it_missed()
    {
        await using var client = new PubSubClient(new PubSubClientOptions
        {
            Nodes = [new Uri($"wss://127.0.0.1:{_node.Port}/ws")],
            UserId = "alice",
            ConfigureSocket = socket => socket.RemoteCertificateValidationCallback = _files.Check,
            Reconnect = new ReconnectPolicy(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(50)),
        });
        var seen = new List<string>();
        var room = client.Room("r");
        room.MessageReceived += message =>
        {
            lock (seen)
                seen.Add(message.Text);
        };
        await Wait.ForAsync(client.ConnectAsync(), "the connection");
        await Wait.ForAsync(room.JoinAsync(), "the join");
        for (var i = 0; i < 3; i++)
            _node.Deliver(_node.Upstream.Append("room:r", $"{i} {Body}"));
        await SeenAsync(3);

        Assert.Single(_node.Sessions.OfUser("alice")).Abort();
        for (var i = 3; i < 6; i++)
            _node.Deliver(_node.Upstream.Append("room:r", $"{i} {Body}"));
        await SeenAsync(6);
        Assert.Equal([.. Enumerable.Range(0, 6).Select(static i => $"{i} {Body}")], seen);

        Task SeenAsync(int count) => Wait.UntilAsync(
            () =>
            {
                lock (seen)
                    return seen.Count >= count;
            },
            $"{count} messages");
    }

    [Fact]
    public async Task A_slow_reader_is_ended_while_another_keeps_up()
    {
        using var stopped = await JoinAsync("u1", receiveBuffer: 4096);
        using var quick = await JoinAsync("u2");
        await PushUntilAsync(quick, static counts => counts.Disconnects > 0);

        await Wait.UntilAsync(() => _node.Sessions.OfUser("u1").Count == 0, "the slow reader to be gone");
        for (var i = 0; i < 20; i++)
            await PushAsync(quick);
        await Wait.UntilAsync(() => _node.Outbox is { Bytes: 0, Memory: 0 }, "nothing to be left behind");
    }

    [Fact]
    public async Task A_reader_that_goes_on_is_told_what_it_missed_in_a_room_that_drops()
    {
        using var stopped = await JoinAsync("u1", receiveBuffer: 4096);
        using var quick = await JoinAsync("u2");
        var pushed = await PushUntilAsync(quick, static counts => counts.Dropped > 0, SlowReaderPolicy.DropOldest);

        var told = new GapOracle("room:r");
        while (told.Position < pushed)
            told.Take(Protocol.Frames.FrameCodec.Json.DecodeServer((await stopped.ReadFrameAsync()).Payload));
        Assert.True(told.Skipped > 0);
        await Wait.UntilAsync(() => _node.Outbox is { Bytes: 0, Memory: 0 }, "nothing to be left behind");
    }

    [Fact]
    public async Task What_is_deflated_arrives()
    {
        using var client = new ClientWebSocket();
        client.Options.RemoteCertificateValidationCallback = _files.Check;
        client.Options.DangerousDeflateOptions = new WebSocketDeflateOptions();
        using var patience = new CancellationTokenSource(Wait.Patience);
        await client.ConnectAsync(new Uri($"wss://127.0.0.1:{_node.Port}/ws?user_id=u1&room_id=r"), patience.Token);
        while (!(await ReadAsync()).Contains("\"joined\"", StringComparison.Ordinal))
        {
        }

        _node.Deliver(_node.Upstream.Append("room:r", Body));
        Assert.Contains(Body, await ReadAsync(), StringComparison.Ordinal);
        var counts = ((Deflation)_node.Services.GetService(typeof(Deflation))!).Counts;
        await Wait.UntilAsync(() => counts.Deliveries == 1, "the message to have come deflated");
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, "", patience.Token);

        async Task<string> ReadAsync()
        {
            var buffer = new byte[64 * 1024];
            var length = 0;
            while (true)
            {
                var part = await client.ReceiveAsync(buffer.AsMemory(length), patience.Token);
                length += part.Count;
                if (part.EndOfMessage)
                    return Encoding.UTF8.GetString(buffer, 0, length);
            }
        }
    }

    [Fact]
    public async Task A_goodbye_is_answered_and_the_connection_ended_without_waiting_for_a_time_limit()
    {
        // The clock stands still, so no time limit ends anything.
        await using var node = await NodeHost.StartAsync(tls: Files(), time: new ManualTime());
        using var client = await JoinAsync("u1", node: node);
        await client.SendFrameAsync(0x88, 0x03, 0xe8);
        Assert.Equal(1000, await client.ReadCloseAsync());
        client.Dispose();

        // One that the node ends, and whose client answers.
        using var other = await JoinAsync("u2", node: node);
        node.Sessions.OfUser("u2").Single().End(DisconnectReason.NodeStopping);
        while ((await other.ReadFrameAsync()).First != 0x88)
        {
        }

        await other.SendFrameAsync(0x88, 0x03, 0xe8);
        Assert.Empty(await other.ReadToEndAsync());
        other.Dispose();
        await Wait.UntilAsync(() => node.Sessions.Count == 0, "both sessions to be gone");
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET /ws?user_id=u1 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")]
    public async Task Who_comes_without_TLS_gets_nothing_and_an_end(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _node.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        using var patience = new CancellationTokenSource(Wait.Patience);
        using var answer = new MemoryStream();
        await stream.CopyToAsync(answer, patience.Token);
        Assert.DoesNotContain("HTTP/1.1 101", Encoding.ASCII.GetString(answer.ToArray()), StringComparison.Ordinal);
        Assert.Equal(0, _node.Sessions.Count);

        using var next = await JoinAsync("u1");
    }

    private TlsOptions Files() => new() { CertificateFile = _files.CertificateFile, KeyFile = _files.KeyFile };

    private async Task<RawWebSocket> JoinAsync(string user, int receiveBuffer = 0, NodeHost? node = null)
    {
        var socket = await RawWebSocket.OpenAsync((node ?? _node).Port, $"user_id={user}&room_id=r", receiveBuffer: receiveBuffer, tls: _files.Check);
        await socket.ReadAsync("joined");
        return socket;
    }

    /// <summary>Until it is too much for a reader who has stopped; tells how many messages that took.</summary>
    private async Task<int> PushUntilAsync(RawWebSocket quick, Func<SlowReaderCounts, bool> isTooMuch, SlowReaderPolicy policy = SlowReaderPolicy.Disconnect)
    {
        var pushed = 0;
        for (; !isTooMuch(_node.Outbox.Counts); pushed++)
        {
            Assert.True(pushed < 2000, $"{pushed} messages were not too much for a reader who has stopped.");
            await PushAsync(quick, policy);
        }

        return pushed;
    }

    /// <summary>At the pace of the reader that keeps up, which misses nothing.</summary>
    private async Task PushAsync(RawWebSocket quick, SlowReaderPolicy policy = SlowReaderPolicy.Disconnect)
    {
        var message = _node.Upstream.Append("room:r", Body);
        _node.Channels.LaneOf("room:r").Post(new LaneWork(message, SlowReaders: policy));
        var got = (await quick.ReadAsync("serverMessages")).GetProperty("payload").GetProperty("messages")[0];
        Assert.Equal(message.Position.Offset, got.GetProperty("offset").GetInt64());
    }
}
