using Google.Protobuf;
using PubSub.Client.Connecting;
using PubSub.Client.Receiving;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.Protocol.Client;
using PubSub.Protocol.Outcomes;

namespace PubSub.Client;

/// <summary>
/// One room of a <see cref="PubSubClient"/>. Once joined it is joined again after every reconnect, from where it stood,
/// until the app leaves or the services put the user out.
/// </summary>
public sealed class Room
{
    private readonly PubSubClient _client;
    private readonly Handlers _handlers = new();
    private readonly EventHandlers _events;
    private readonly Lock _lock = new();
    private TaskCompletionSource<Connection> _joined = New();
    private Connection? _joiningOn;

    internal Room(PubSubClient client, string id)
    {
        _client = client;
        _events = new EventHandlers(_handlers);
        Id = id;
        Channel = ChannelId.Room(id).Text;
        SetOut(new PubSubException((int)ErrorCode.NotInRoom, $"Room {id} is not joined: call JoinAsync first.", isTemporary: false));
    }

    /// <summary>The room's id.</summary>
    public string Id { get; }

    /// <summary>The room's channel, room:{id}.</summary>
    public string Channel { get; }

    /// <summary>Each message of the room, once and in order; the next one waits for the handlers.</summary>
    public event Action<Message> MessageReceived
    {
        add => _events.Add(value);
        remove => _events.Remove(value);
    }

    /// <summary>
    /// The room was joined, for the first time or again, or its log was lost and began anew; between the messages before it
    /// and those after it.
    /// <see cref="ChannelStart.Recovered"/> says whether something is missing there.
    /// </summary>
    public event Action<ChannelStart>? Joined;

    /// <summary>The node passed messages over, because this client reads too slowly; between those before and those after.</summary>
    public event Action<ChannelGap>? Skipped;

    /// <summary>The user is no longer in the room, and it was not the app's wish; with the reason.</summary>
    public event Action<string>? PutOut;

    /// <summary>Joins; done when the node has answered. Waits for a connection where there is none.</summary>
    /// <exception cref="PubSubException">The room was refused.</exception>
    public Task JoinAsync(CancellationToken cancellationToken = default)
    {
        _client.Want(this);
        return ReadyAsync(cancellationToken);
    }

    /// <summary>Leaves, and forgets the position: whoever joins later begins with the newest message.</summary>
    public Task LeaveAsync(CancellationToken cancellationToken = default) => _client.LeaveAsync(this, cancellationToken);

    /// <summary>
    /// The messages of the room, from the moment the enumeration begins; it joins the room where that was not done
    /// before. The next message comes when this one is done with.
    /// </summary>
    public IAsyncEnumerable<Message> ReadAllAsync(CancellationToken cancellationToken = default) =>
        _handlers.ReadAsync(JoinAsync, _client.Closed, cancellationToken);

    /// <summary>Publishes text. Repeated over reconnects within the request time-out, and published once.</summary>
    /// <param name="text">The content.</param>
    /// <param name="type">What kind of content it is.</param>
    /// <param name="messageId">Makes it the same message as any with this id; a new id unless given.</param>
    /// <param name="metadata">What goes with it.</param>
    /// <param name="key">What it is the newest state of: in a room that conflates, a later message with the same key takes its place for slow readers.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PubSubException">The message was refused.</exception>
    /// <exception cref="TimeoutException">No answer in time: the message may be published or not.</exception>
    public Task<Publication> PublishAsync(
        string text, MessageType type = MessageType.Text, string messageId = "", IReadOnlyDictionary<string, string>? metadata = null,
        string key = "", CancellationToken cancellationToken = default) =>
        PublishAsync(new ClientMessages { Content = text, Key = key }, type, messageId, metadata, cancellationToken);

    /// <inheritdoc cref="PublishAsync(string, MessageType, string, IReadOnlyDictionary{string, string}?, string, CancellationToken)"/>
    public Task<Publication> PublishAsync(
        ReadOnlyMemory<byte> binary, MessageType type = MessageType.Custom, string messageId = "",
        IReadOnlyDictionary<string, string>? metadata = null, string key = "", CancellationToken cancellationToken = default) =>
        PublishAsync(new ClientMessages { Binary = ByteString.CopyFrom(binary.Span), Key = key }, type, messageId, metadata, cancellationToken);

    /// <summary>Who is in the room.</summary>
    public async Task<RoomPresence> PresenceAsync(CancellationToken cancellationToken = default)
    {
        var frame = await CallAsync(() => new ClientEnvelope { Presence = new PresenceRequest { RoomId = Id } }, cancellationToken);
        return new RoomPresence(
            frame.Presence.UserCount,
            [.. frame.Presence.Members.Select(member => new RoomMember(member.UserId, member.UserName, member.Devices))]);
    }

    /// <summary>What the room's log holds: after a position, or the newest messages.</summary>
    /// <param name="since">Messages after this position.</param>
    /// <param name="limit">At most so many; up to 500, and 50 unless given.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<ChannelHistory> HistoryAsync(ChannelPosition? since = null, int limit = 0, CancellationToken cancellationToken = default) =>
        _client.HistoryAsync(Channel, since, limit, ReadyAsync, cancellationToken);

    /// <summary>The room's connection, once it is joined there.</summary>
    internal Task<Connection> ReadyAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
            return _joined.Task.WaitAsync(cancellationToken);
    }

    internal bool IsWanted { get; private set; }

    internal ValueTask HandleAsync(Message message, Action<Exception> failed) => _handlers.CallAsync(message, failed);

    internal void RaiseSkipped(ChannelGap gap) => Skipped?.Invoke(gap);

    internal void RaiseJoined(ChannelStart start) => Joined?.Invoke(start);

    internal void RaisePutOut(string reason) => PutOut?.Invoke(reason);

    /// <returns>False: a join is under way on this connection, or done.</returns>
    internal bool TryBeginJoin(Connection connection)
    {
        lock (_lock)
        {
            if (_joiningOn == connection)
                return false;
            _joiningOn = connection;
            if (_joined.Task.IsCompletedSuccessfully)
                _joined = New();
            return true;
        }
    }

    internal void SetJoined(Connection connection)
    {
        lock (_lock)
        {
            if (_joiningOn == connection)
                _joined.TrySetResult(connection);
        }
    }

    internal void Want()
    {
        lock (_lock)
        {
            IsWanted = true;
            if (_joined.Task.IsFaulted)
                _joined = New();
        }
    }

    /// <summary>Out of the room: requests fail with <paramref name="why"/> until somebody joins again.</summary>
    internal void SetOut(PubSubException why)
    {
        lock (_lock)
        {
            IsWanted = false;
            _joiningOn = null;
            if (_joined.Task.IsCompleted)
                _joined = New();
            _joined.SetException(why);
            // Nobody has to look at it.
            _ = _joined.Task.Exception;
        }
    }

    /// <summary>The connection has ended: requests wait for the next join.</summary>
    internal void SetDown(Connection ended)
    {
        lock (_lock)
        {
            if (_joiningOn != ended)
                return;
            _joiningOn = null;
            if (_joined.Task.IsCompletedSuccessfully)
                _joined = New();
        }
    }

    private async Task<Publication> PublishAsync(
        ClientMessages content, MessageType type, string messageId, IReadOnlyDictionary<string, string>? metadata, CancellationToken cancellationToken)
    {
        content.RoomId = Id;
        content.Type = type;
        // An id even where the app gave none: the repeat after a reconnect must not be a second message.
        content.MessageId = messageId.Length > 0 ? messageId : Guid.CreateVersion7().ToString("N");
        foreach (var (name, value) in metadata ?? new Dictionary<string, string>())
            content.Metadata[name] = value;
        var frame = await CallAsync(() => new ClientEnvelope { ClientMessages = content }, cancellationToken);
        return new Publication(frame.Published.MessageId, new ChannelPosition(frame.Published.Epoch, frame.Published.Offset));
    }

    private Task<ServerEnvelope> CallAsync(Func<ClientEnvelope> frame, CancellationToken cancellationToken) =>
        _client.CallAsync(frame, ReadyAsync, cancellationToken);

    private static TaskCompletionSource<Connection> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
