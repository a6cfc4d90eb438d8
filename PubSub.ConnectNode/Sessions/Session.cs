using PubSub.ConnectNode.Channels;
using PubSub.ConnectNode.Delivery;
using PubSub.ConnectNode.Sockets;
using PubSub.ConnectNode.Sockets.Deflate;
using PubSub.Protocol.Channels;
using PubSub.Protocol.Client;
using PubSub.Protocol.Frames;
using PubSub.Protocol.Outcomes;

namespace PubSub.ConnectNode.Sessions;

internal sealed record SessionUser(string UserId, string UserName);

/// <summary>Who comes in, to which room at once (or none), and on which device (or none that is named).</summary>
internal sealed record Arrival(SessionUser User, string RoomId, string DeviceId);

/// <summary>One client connection: who it is, which channels it has, and how it ends. Does no I/O itself.</summary>
internal sealed class Session(string id, FrameCodec codec, SessionWriter writer, DateTimeOffset connectedAt, long now)
{
    private readonly Dictionary<ChannelId, Subscription> _subscriptions = [];
    private int _reason = -1;
    private int _requestsInFlight;

    public string Id => id;

    public FrameCodec Codec => codec;

    public SessionWriter Writer => writer;

    /// <summary>Null: permessage-deflate was not agreed to.</summary>
    public DeflateWindow? Deflate => writer.Deflate;

    public DateTimeOffset ConnectedAt => connectedAt;

    /// <summary>Whom the URL named; null where it named nobody, and once the user is known.</summary>
    public Arrival? Expected { get; set; }

    /// <summary>Null until the connect frame named it.</summary>
    public SessionUser? User { get; set; }

    /// <summary>Empty where the client named none.</summary>
    public string DeviceId { get; set; } = "";

    /// <summary>The device's place in the user's messages; there as soon as the user is known.</summary>
    public InboxCursor? Cursor { get; set; }

    /// <summary>Guards the subscriptions and everything that must not cross the end of the session.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Moments of the sweep's clock, in milliseconds.</summary>
    public long LastSeen { get; set; } = now;

    public long LastPinged { get; set; } = now;

    public long EndedAt { get; private set; }

    public bool IsEnding => Volatile.Read(ref _reason) >= 0;

    public DisconnectReason? EndReason => IsEnding ? (DisconnectReason)_reason : null;

    /// <summary>Cuts the connection; set by the door.</summary>
    public Action Abort { get; init; } = static () => { };

    public Func<long> Clock { get; init; } = static () => 0;

    /// <summary>Whether the frame will leave, as far as this node can know.</summary>
    public bool TrySend(SharedFrame frame, bool overCork = false)
    {
        if (writer.TrySend(frame, overCork, out var verdict))
            return true;
        GiveUp(verdict);
        return false;
    }

    /// <summary>The writer did not take a frame.</summary>
    public void GiveUp(OutboxVerdict verdict)
    {
        if (verdict == OutboxVerdict.TooSlow)
            End(DisconnectReason.SlowConsumer);
    }

    public void Send(ServerEnvelope envelope, bool overCork = false)
    {
        var frame = SharedFrame.Rent();
        frame.Add(codec, envelope);
        TrySend(frame, overCork);
        frame.Release();
    }

    /// <summary>To who asked for an answer by giving the request an id.</summary>
    public void Answer(ServerEnvelope answer)
    {
        if (answer.Id.Length > 0)
            Send(answer);
    }

    /// <summary>The <c>connected</c> frame; everything else waited for it.</summary>
    public void SendFirst(ServerEnvelope connected)
    {
        var frame = SharedFrame.Rent();
        frame.Add(codec, connected);
        writer.Uncork(frame);
    }

    public void SendError(string requestId, ErrorCode code, string message) =>
        Send(ServerFrame.Error(requestId, code, message));

    /// <summary>
    /// Begins the end, once: says why, then closes. What waited in the outbox is let go. False: somebody else began it.
    /// </summary>
    public bool End(DisconnectReason reason, string text = "", TimeSpan? retryAfter = null)
    {
        if (Interlocked.CompareExchange(ref _reason, (int)reason, -1) != -1)
            return false;

        EndedAt = Clock();
        if (reason == DisconnectReason.SlowConsumer)
            writer.Counts.Disconnected();
        var advice = DisconnectAdvice.For(reason);
        if (advice.CloseCode == 0)
        {
            writer.CloseWith(null);
            Abort();
            return true;
        }

        var last = SharedFrame.Rent();
        if (reason != DisconnectReason.ClientClosed)
            last.Add(codec, ServerFrame.Disconnect(reason, text, retryAfter));
        last.AddControl(WebSocketOpcode.Close, WebSocketFrame.ClosePayload(advice.CloseCode, advice.Text));
        writer.CloseWith(last);
        return true;
    }

    public bool TryBeginRequest(int most)
    {
        if (Interlocked.Increment(ref _requestsInFlight) <= most)
            return true;
        Interlocked.Decrement(ref _requestsInFlight);
        return false;
    }

    public void EndRequest() => Interlocked.Decrement(ref _requestsInFlight);

    public int SubscriptionCount
    {
        get
        {
            lock (Gate)
                return _subscriptions.Count;
        }
    }

    public Subscription? Find(ChannelId channel)
    {
        lock (Gate)
            return _subscriptions.GetValueOrDefault(channel);
    }

    public bool TryAddLocked(Subscription subscription) => _subscriptions.TryAdd(subscription.Channel, subscription);

    /// <summary>Removes this very subscription, never a newer one of the same channel.</summary>
    public bool Remove(Subscription subscription)
    {
        lock (Gate)
        {
            return _subscriptions.TryGetValue(subscription.Channel, out var present) && present == subscription
                && _subscriptions.Remove(subscription.Channel);
        }
    }

    public Subscription[] Subscriptions()
    {
        lock (Gate)
            return [.. _subscriptions.Values];
    }
}
