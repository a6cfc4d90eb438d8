using PubSub.Client;
using PubSub.Protocol.Client;
using PubSub.Tests.Infrastructure;
using PayloadCase = PubSub.Protocol.Client.ClientEnvelope.PayloadOneofCase;

namespace PubSub.Tests.Integration.Clients;

/// <summary>SPEC.md sections 7 and 8, from the client's side.</summary>
public sealed class ClientsComeBackAsAdvised : IAsyncLifetime
{
    private readonly List<ClientStateChange> _changes = [];
    private readonly ManualTime _time = new();
    private ScriptedNode _node = null!;

    public async Task InitializeAsync() => _node = await ScriptedNode.StartAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task Not_before_the_time_that_the_node_asked_for()
    {
        await using var client = Client(_node.Options() with { Time = _time, Reconnect = new ReconnectPolicy() });
        var connecting = client.ConnectAsync();
        var session = await _node.GreetAsync();
        await Wait.ForAsync(connecting, "connected");

        await session.SendAsync(new ServerEnvelope { Disconnect = new Disconnect { Code = 1001, Reason = "stopping", RetryAfterMs = 3000 } });
        await session.CloseAsync(1001, "stopping");
        var waiting = await ChangeAsync(ClientState.Waiting);
        Assert.InRange(waiting.RetryAfter, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(3.25));
        Assert.Equal((1001, "stopping"), (waiting.Code, waiting.Reason));

        await Wait.UntilAsync(() => _time.HasTimer(waiting.RetryAfter), "the pause to begin");
        _time.Advance(waiting.RetryAfter - TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, _node.Handshakes);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await _node.GreetAsync();
    }

    [Theory]
    [InlineData(4001, -1)]
    [InlineData(4500, 0)]
    [InlineData(4501, -1)]
    public async Task Never_where_the_node_says_so(int code, int retryAfterMs)
    {
        await using var client = Client(_node.Options());
        var connecting = client.ConnectAsync();
        var session = await _node.GreetAsync();
        await Wait.ForAsync(connecting, "connected");

        await session.SendAsync(new ServerEnvelope { Disconnect = new Disconnect { Code = code, Reason = "go", RetryAfterMs = retryAfterMs } });
        await session.CloseAsync(code);

        var refused = await Assert.ThrowsAsync<PubSubException>(() => Wait.ForAsync(client.Closed, "the end"));
        Assert.Equal((code, "go", ClientState.Closed), (refused.Code, refused.Message, client.State));
        await Assert.ThrowsAsync<PubSubException>(() => client.ConnectAsync());
        Assert.Equal(1, _node.Handshakes);
    }

    [Fact]
    public async Task A_close_code_counts_where_no_advice_was_sent()
    {
        await using var client = Client(_node.Options());
        _ = client.ConnectAsync();
        await (await _node.GreetAsync()).CloseAsync(4002);
        await (await _node.GreetAsync()).CloseAsync(4502);

        var refused = await Assert.ThrowsAsync<PubSubException>(() => Wait.ForAsync(client.Closed, "the end"));
        Assert.Equal(4502, refused.Code);
    }

    [Fact]
    public async Task A_refused_handshake_tells_its_own_time()
    {
        _node.Refusal = (503, "7");
        await using var client = Client(_node.Options() with { Time = _time });
        _ = client.ConnectAsync();

        var waiting = await ChangeAsync(ClientState.Waiting);
        Assert.Equal(503, waiting.Code);
        Assert.InRange(waiting.RetryAfter, TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(7.1));
    }

    [Fact]
    public async Task A_refused_user_is_told_at_once()
    {
        _node.Refusal = (401, "");
        await using var client = Client(_node.Options());

        var refused = await Assert.ThrowsAsync<PubSubException>(() => Wait.ForAsync(client.ConnectAsync(), "the refusal"));
        Assert.Equal(401, refused.Code);
    }

    [Fact]
    public async Task To_the_next_node_when_one_is_gone()
    {
        await using var other = await ScriptedNode.StartAsync();
        await using var client = Client(_node.Options() with { Nodes = [_node.Address, other.Address] });
        var connecting = client.ConnectAsync();
        var first = _node.NextAsync();
        var second = other.NextAsync();
        var session = await await Task.WhenAny(first, second);
        await session.GreetAsync();
        await Wait.ForAsync(connecting, "connected");

        session.Abort();

        var next = await (first.IsCompleted ? second : first);
        await next.GreetAsync();
        await Wait.UntilAsync(() => client.State == ClientState.Connected, "the client to be back");
    }

    [Fact]
    public async Task From_a_node_that_is_silent()
    {
        await using var client = Client(_node.Options() with { Time = _time, Heartbeat = TimeSpan.FromSeconds(15) });
        var connecting = client.ConnectAsync();
        var session = await _node.GreetAsync();
        await Wait.ForAsync(connecting, "connected");
        await Wait.UntilAsync(() => _time.HasTimer(TimeSpan.FromSeconds(15)), "the watch for silence");

        _time.Advance(TimeSpan.FromSeconds(15));
        await session.ReceiveAsync(PayloadCase.Ping);
        await Wait.UntilAsync(() => _time.HasTimer(TimeSpan.FromSeconds(5)), "the wait for the pong");
        Assert.Equal(ClientState.Connected, client.State);
        _time.Advance(TimeSpan.FromSeconds(5));

        var waiting = await ChangeAsync(ClientState.Waiting);
        Assert.Contains("silent", waiting.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Not_once_the_app_has_closed()
    {
        var client = Client(_node.Options());
        var connecting = client.ConnectAsync();
        await _node.GreetAsync();
        await Wait.ForAsync(connecting, "connected");

        await Wait.ForAsync(client.CloseAsync(), "the client to close");
        await client.DisposeAsync();

        Assert.True(client.Closed.IsCompletedSuccessfully);
        Assert.Equal(ClientState.Closed, client.State);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.ConnectAsync());
        Assert.Equal(1, _node.Handshakes);
    }

    [Fact]
    public async Task With_a_new_token_each_time_which_is_not_in_the_URL()
    {
        var asked = 0;
        await using var client = Client(_node.Options() with { UserId = "", Token = _ => new($"token-{++asked}") });
        _ = client.ConnectAsync();

        foreach (var expected in new[] { "token-1", "token-2" })
        {
            var session = await _node.NextAsync();
            Assert.Empty(session.Query);
            Assert.Equal(expected, (await session.ReceiveAsync(PayloadCase.Connect)).Connect.Token);
            session.Abort();
        }
    }

    private PubSubClient Client(PubSubClientOptions options)
    {
        var client = new PubSubClient(options);
        client.StateChanged += change =>
        {
            lock (_changes)
                _changes.Add(change);
        };
        return client;
    }

    private async Task<ClientStateChange> ChangeAsync(ClientState state)
    {
        ClientStateChange? found = null;
        await Wait.UntilAsync(
            () =>
            {
                lock (_changes)
                    found = _changes.Find(change => change.State == state);
                return found is not null;
            },
            $"the state {state}");
        return found!;
    }
}
