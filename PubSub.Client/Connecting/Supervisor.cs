using PubSub.Client.Receiving;
using PubSub.Protocol.Client;

namespace PubSub.Client.Connecting;

/// <summary>
/// Keeps a client connected: one <see cref="Connection"/> after another, each to the next node, after the pause that the
/// policy and the node's advice ask for, until the app closes or a node says not to come back.
/// </summary>
internal sealed class Supervisor(PubSubClientOptions options, Delivery delivery)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource<Connection> _up = New();
    private Connection? _current;

    public required Action<Connection, ServerEnvelope> Take { get; init; }

    public required Action<Connection> Down { get; init; }

    public required Action<ClientStateChange> Changed { get; init; }

    public required Action<PubSubException> Erred { get; init; }

    /// <summary>The connection that is up, or the next that will be.</summary>
    public Task<Connection> UpAsync()
    {
        lock (_lock)
            return _up.Task;
    }

    public async Task<Ending> RunAsync(CancellationToken closing)
    {
        var node = options.Reconnect.AnyOf(options.Nodes.Count);
        for (var attempt = 0; ; attempt++)
        {
            var (ending, heldFor) = await AttemptAsync(options.Nodes[node], closing);
            if (closing.IsCancellationRequested || !ending.MayReconnect)
                return ending;

            if (heldFor >= options.Reconnect.StableAfter)
                attempt = 0;
            node = (node + 1) % options.Nodes.Count;
            var pause = options.Reconnect.Pause(attempt, ending.RetryAfter);
            Changed(new ClientStateChange(ClientState.Waiting, options.Nodes[node], "", ending.Code, ending.Reason, pause));
            try
            {
                if (ending.IsSlowReader)
                    await delivery.WhenHalfEmptyAsync().WaitAsync(closing);
                await Task.Delay(pause, options.Time, closing);
            }
            catch (OperationCanceledException)
            {
                return ending;
            }
        }
    }

    /// <summary>Says goodbye to the node, where there is one.</summary>
    public Task CloseAsync(CancellationToken cancellationToken)
    {
        Connection? current;
        lock (_lock)
            current = _current;
        return current?.CloseAsync(cancellationToken) ?? Task.CompletedTask;
    }

    /// <summary>Whoever waits for a connection waits in vain.</summary>
    public void Fail(PubSubException why)
    {
        lock (_lock)
        {
            if (!_up.TrySetException(why))
            {
                _up = New();
                _up.SetException(why);
            }

            _ = _up.Task.Exception;
        }
    }

    private async Task<(Ending Ending, TimeSpan HeldFor)> AttemptAsync(Uri node, CancellationToken closing)
    {
        Changed(new ClientStateChange(ClientState.Connecting, node));
        using var connection = new Connection(options) { UnaskedError = Erred };
        using var patience = new CancellationTokenSource(options.ConnectTimeout, options.Time);
        using var opening = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, closing);
        Connect? hello;
        try
        {
            hello = await HelloAsync(opening.Token);
            await connection.OpenAsync(NodeAddress.For(node, options, resumes: hello is not null), opening.Token);
        }
        catch (ConnectionEndedException error)
        {
            return (error.Ending, TimeSpan.Zero);
        }
        catch (OperationCanceledException)
        {
            return (Ending.Lost($"no answer within {options.ConnectTimeout.TotalSeconds:0.#} s"), TimeSpan.Zero);
        }
#pragma warning disable CA1031 // The app's token provider may throw anything; the next attempt asks it again.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return (Ending.Lost("the token provider failed: " + error.Message), TimeSpan.Zero);
        }

        return await HoldAsync(connection, node, hello, closing);
    }

    private async Task<(Ending Ending, TimeSpan HeldFor)> HoldAsync(Connection connection, Uri node, Connect? hello, CancellationToken closing)
    {
        lock (_lock)
            _current = connection;
        var connected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        long since = 0;
        var running = connection.RunAsync(frame =>
        {
            if (frame.Connected is { } first && connected.TrySetResult())
            {
                since = options.Time.GetTimestamp();
                Rise(connection, node, first);
            }

            Take(connection, frame);
        });
        using var cut = closing.Register(() => connection.End(Ending.Lost("closed by the app")));
        if (hello is not null)
            _ = IntroduceAsync(connection, hello);

        var patience = Task.Delay(options.ConnectTimeout, options.Time, closing);
        if (await Task.WhenAny(running, connected.Task, patience) == patience && !connected.Task.IsCompleted)
            connection.End(Ending.Lost($"not connected within {options.ConnectTimeout.TotalSeconds:0.#} s"));
        var ending = await running;
        Sink(connection);
        return (ending, since == 0 ? TimeSpan.Zero : options.Time.GetElapsedTime(since));
    }

    private void Rise(Connection connection, Uri node, Connected first)
    {
        lock (_lock)
            _up.TrySetResult(connection);
        _ = connection.BeatAsync(options.Heartbeat ?? TimeSpan.FromSeconds(Math.Max(1, first.HeartbeatSeconds)));
        Changed(new ClientStateChange(ClientState.Connected, node, first.NodeId));
    }

    private void Sink(Connection connection)
    {
        lock (_lock)
        {
            _current = null;
            if (_up.Task.IsCompleted)
                _up = New();
        }

        Down(connection);
    }

    private async Task<Connect?> HelloAsync(CancellationToken cancellationToken)
    {
        var hello = new Connect { Token = options.Token is { } token ? await token(cancellationToken) : "" };
        hello.Positions.Add(delivery.SessionCursors());
        return options.Token is null && hello.Positions.Count == 0 ? null : hello;
    }

    private static async Task IntroduceAsync(Connection connection, Connect hello)
    {
        try
        {
            await connection.RequestAsync(new ClientEnvelope { Connect = hello }, CancellationToken.None);
        }
        catch (Exception error) when (error is PubSubException or ConnectionEndedException)
        {
            // A node without `resume=1` answers with an error and is connected all the same; after any other refusal
            // the connection ends, and says why.
        }
    }

    private static TaskCompletionSource<Connection> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
