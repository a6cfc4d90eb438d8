using PubSub.Client.Connecting;
using PubSub.Client.Receiving;
using PubSub.Protocol.Channels;
using PubSub.Protocol.Client;
using PushPlatform = PubSub.Protocol.PushPlatform;

namespace PubSub.Client;

/// <summary>
/// A connection to the cluster that outlives every node: it comes back by itself, to another node, goes on in every
/// channel where it stood, and hands each message to the app once and in the order of its channel.
/// </summary>
public sealed class PubSubClient : IAsyncDisposable
{
    private readonly JoinedRooms _rooms;
    private readonly Caller _caller;
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Supervisor _supervisor;
    private readonly Delivery _delivery;
    private readonly Handlers _handlers = new();
    private readonly EventHandlers _events;
    private readonly Lock _starting = new();
    private Task? _running;
    private volatile bool _closedByApp;
    private volatile ClientStateChange _state = new(ClientState.Idle);

    /// <param name="options">Who connects where.</param>
    public PubSubClient(PubSubClientOptions options)
    {
        options.Check();
        _events = new EventHandlers(_handlers);
        _delivery = new Delivery(options, DispatchAsync, error => HandlerFailed?.Invoke(error));
        _supervisor = new Supervisor(options, _delivery)
        {
            Take = Take,
            Down = connection => _rooms!.OnDown(connection),
            Changed = Change,
            Erred = error => ErrorReceived?.Invoke(error),
        };
        _rooms = new JoinedRooms(options, _supervisor, _delivery, _closing.Token);
        _caller = new Caller(options, _closing.Token);
    }

    /// <summary>Each message of every channel, the user's own and <c>all</c> included, once and in order.</summary>
    public event Action<Message> MessageReceived
    {
        add => _events.Add(value);
        remove => _events.Remove(value);
    }

    /// <summary>The client came into another state.</summary>
    public event Action<ClientStateChange>? StateChanged;

    /// <summary>A channel begins, or begins again after a reconnect or with a new log; in order with its messages.</summary>
    public event Action<ChannelStart>? ChannelStarted;

    /// <summary>The node passed messages of a room over, because this client reads too slowly; in order with the messages.</summary>
    public event Action<ChannelGap>? MessagesSkipped;

    /// <summary>A node sent an error that answers no request.</summary>
    public event Action<PubSubException>? ErrorReceived;

    /// <summary>A handler of the app, or its position store, threw. The next message comes all the same.</summary>
    public event Action<Exception>? HandlerFailed;

    /// <summary>Where the client stands.</summary>
    public ClientState State => _state.State;

    /// <summary>Messages dropped because the app was slow; <see cref="SlowReaderVerdict.DropOldest"/> only.</summary>
    public long DroppedMessages => _delivery.Dropped;

    /// <summary>Done when the app has closed the client; failed when a node refused it for good.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Connects; done when a node has answered. From then on the client comes back by itself.</summary>
    /// <param name="cancellationToken">Gives up waiting; the client goes on trying until it is closed.</param>
    /// <exception cref="PubSubException">Refused for good.</exception>
    public Task ConnectAsync(CancellationToken cancellationToken = default)
    {
        lock (_starting)
        {
            ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, this);
            // Without the caller's context: handlers are not bound to a window's thread.
            _running ??= Task.Run(RunAsync, CancellationToken.None);
        }

        return _supervisor.UpAsync().WaitAsync(cancellationToken);
    }

    /// <summary>A room by its id; always the same object while the room is joined. Attach handlers, then join.</summary>
    public Room Room(string roomId)
    {
        if (IdRules.Complaint(nameof(roomId), roomId) is { } complaint)
            throw new ArgumentException(complaint, nameof(roomId));
        return _rooms.GetOrAdd(roomId, id => new Room(this, id));
    }

    /// <summary>The messages of every channel, from the moment the enumeration begins; it connects where that was not done.</summary>
    public IAsyncEnumerable<Message> ReadAllAsync(CancellationToken cancellationToken = default) =>
        _handlers.ReadAsync(ConnectAsync, Closed, cancellationToken);

    /// <summary>What the log of a channel holds: after a position, or the newest messages.</summary>
    /// <param name="channel">A joined room's, the user's own or <c>all</c>.</param>
    /// <param name="since">Messages after this position.</param>
    /// <param name="limit">At most so many; up to 500, and 50 unless given.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<ChannelHistory> HistoryAsync(
        string channel, ChannelPosition? since = null, int limit = 0, CancellationToken cancellationToken = default) =>
        HistoryAsync(channel, since, limit, UpAsync, cancellationToken);

    internal async Task<ChannelHistory> HistoryAsync(
        string channel, ChannelPosition? since, int limit, Func<CancellationToken, Task<Connection>> ready, CancellationToken cancellationToken)
    {
        var request = new HistoryRequest { Channel = channel, Epoch = since?.Epoch ?? 0, Since = since?.Offset ?? 0, Limit = limit };
        var history = (await CallAsync(() => new ClientEnvelope { History = request }, ready, cancellationToken)).History;
        return new ChannelHistory(
            history.Epoch, history.FirstOffset, history.EndOffset, [.. history.Messages.Select(message => Message.From(message))]);
    }

    /// <summary>Tells that this message and all before it in its channel were delivered to the person, or read.</summary>
    public Task AckAsync(Message message, bool read = false, CancellationToken cancellationToken = default) =>
        CallAsync(
            () => new ClientEnvelope { Ack = new Ack { Positions = { Delivery.Cursor(message.Channel, message.Position) }, Read = read } },
            _rooms.Find(message.Channel) is { } room ? room.ReadyAsync : UpAsync,
            cancellationToken);

    /// <summary>
    /// Has this user's phone told of what is pushed while the user is away; again with each start of the app, and with each
    /// new token.
    /// </summary>
    /// <param name="platform">Who gave the token.</param>
    /// <param name="token">Of APNs as hexadecimal text, of FCM as the app got it.</param>
    /// <param name="deviceId">The phone; the one of <see cref="PubSubClientOptions.DeviceId"/> unless given.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Until when the token is kept, unless it is registered again.</returns>
    public async Task<DateTimeOffset> RegisterDeviceAsync(
        PushPlatform platform, string token, string deviceId = "", CancellationToken cancellationToken = default)
    {
        var request = new RegisterDevice { DeviceId = deviceId, Platform = platform, Token = token };
        var answer = await CallAsync(() => new ClientEnvelope { RegisterDevice = request }, UpAsync, cancellationToken);
        return DateTimeOffset.FromUnixTimeMilliseconds(answer.DeviceRegistered.ExpiresAt);
    }

    /// <summary>Has a phone told no more; when its user logs out there.</summary>
    /// <param name="deviceId">The phone; the one of <see cref="PubSubClientOptions.DeviceId"/> unless given.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether it was registered.</returns>
    public async Task<bool> RemoveDeviceAsync(string deviceId = "", CancellationToken cancellationToken = default)
    {
        var request = new RemoveDevice { DeviceId = deviceId };
        return (await CallAsync(() => new ClientEnvelope { RemoveDevice = request }, UpAsync, cancellationToken)).DeviceRemoved.Removed;
    }

    /// <summary>Says goodbye and ends. What waits in the inbox is not handed over any more.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken = default)
    {
        Task running;
        lock (_starting)
            running = _running ??= Task.CompletedTask;
        _closedByApp = true;
        if (!_closing.IsCancellationRequested)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(TimeSpan.FromSeconds(2));
            await _supervisor.CloseAsync(patience.Token);
            await _closing.CancelAsync();
        }

        await running;
        Finish(new Ending(0, "closed by the app", false));
    }

    /// <inheritdoc cref="CloseAsync"/>
    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _delivery.Dispose();
    }

    internal void Want(Room room)
    {
        if (Closed.IsCompleted)
            throw new PubSubException(0, "The client is closed: make another one.", isTemporary: false);
        _rooms.Want(room);
    }

    internal Task LeaveAsync(Room room, CancellationToken cancellationToken) => _rooms.LeaveAsync(room, cancellationToken);

    internal Task<ServerEnvelope> CallAsync(
        Func<ClientEnvelope> frame, Func<CancellationToken, Task<Connection>> ready, CancellationToken cancellationToken) =>
        _caller.CallAsync(frame, ready, cancellationToken);

    private async Task RunAsync()
    {
        try
        {
            await _delivery.LoadAsync(_closing.Token);
            // Not waited for at the end: a handler may be what closes the client.
            _ = _delivery.DispatchAsync(_closing.Token);
            var ending = await _supervisor.RunAsync(_closing.Token);
            Finish(ending);
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // Closed while the store was being read.
        }
#pragma warning disable CA1031 // The app's store may throw anything; whoever waits for the connection is told.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Finish(new Ending(0, "the position store failed: " + error.Message, false));
        }
    }

    private void Finish(Ending ending)
    {
        lock (_starting)
        {
            if (Closed.IsCompleted)
                return;
            var why = new PubSubException(ending.Code, _closedByApp ? "The client is closed: make another one." : ending.Reason, isTemporary: false);
            if (_closedByApp)
                _closed.SetResult();
            else
                _closed.SetException(why);
            // Nobody has to look at it.
            _ = _closed.Task.Exception;
            _supervisor.Fail(why);
            _rooms.Fail(why);
        }

        Change(new ClientStateChange(ClientState.Closed, null, "", ending.Code, ending.Reason));
    }

    private void Take(Connection connection, ServerEnvelope frame)
    {
        foreach (var told in frame.Connected?.Channels ?? [])
            _delivery.Start(told);
        _rooms.Take(connection, frame);
        if (frame.GapMark is { } gap)
            _delivery.Pass(gap);
        foreach (var message in frame.ServerMessages?.Messages ?? [])
        {
            if (_delivery.TryTake(message))
                continue;
            connection.End(new Ending(0, "the app reads too slowly: the inbox is full (InboxCapacity)", true, IsSlowReader: true));
            return;
        }
    }

    /// <returns>False: nobody wants it any more, so that its position is not kept either.</returns>
    private async ValueTask<bool> DispatchAsync(InboxItem item)
    {
        var channel = item.Channel;
        var room = _rooms.Find(channel);
        if (room is null && channel.StartsWith("room:", StringComparison.Ordinal))
            return false;

        if (item.Start is { } start)
        {
            room?.RaiseJoined(start);
            ChannelStarted?.Invoke(start);
            return true;
        }

        if (item.Gap is { } gap)
        {
            room?.RaiseSkipped(gap);
            MessagesSkipped?.Invoke(gap);
            return true;
        }

        void Failed(Exception error) => HandlerFailed?.Invoke(error);
        if (room is not null)
            await room.HandleAsync(item.Message!, Failed);
        await _handlers.CallAsync(item.Message!, Failed);
        return !_closing.IsCancellationRequested;
    }

    private void Change(ClientStateChange change)
    {
        _state = change;
        StateChanged?.Invoke(change);
    }

    private async Task<Connection> UpAsync(CancellationToken cancellationToken) => await _supervisor.UpAsync().WaitAsync(cancellationToken);
}
