using Grpc.Core;
using Microsoft.Extensions.Options;
using PubSub.ConnectNode.Channels;
using PubSub.ConnectNode.Delivery;
using PubSub.ConnectNode.Sockets;
using PubSub.ConnectNode.Upstream;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.Protocol.Client;
using PubSub.Protocol.Outcomes;
using PubSub.ServiceDefaults;

namespace PubSub.ConnectNode.Sessions;

/// <summary>
/// The beginning of a session (told to the controllers, subscribed to its user and to all, <c>connected</c>) and its
/// end. While no controller or push manager answers, the client is told once and the beginning is tried again; the
/// connection stays.
/// </summary>
internal sealed partial class SessionEntry(
    SessionTable sessions, ChannelTable channels, RoomEntry rooms, IControllerUplink controller, IPushUplink pushes, TokenCheck tokens,
    ServiceIdentity node, NodeMetrics metrics, IOptions<NodeOptions> options, TimeProvider time, ILogger<SessionEntry> logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    public Task ConnectAsync(Session session, ClientEnvelope frame)
    {
        var connect = frame.Connect;
        if (session.User is not null)
            throw new RequestRefusedException(ErrorCode.BadRequest, "This session is connected already.");
        foreach (var position in connect.Positions)
            Refusal.Require(Positions.Complaint(position));
        if (connect.DeviceId.Length > 0)
            Refusal.Require(IdRules.Complaint("deviceId", connect.DeviceId));

        var complaint = "";
        var arrival = session.Expected
            ?? (tokens.Read(connect.Token, out complaint) is { } user ? new Arrival(user, "", "") : null);
        if (arrival is null)
        {
            session.End(DisconnectReason.Unauthorized, complaint);
            return Task.CompletedTask;
        }

        if (connect.DeviceId.Length > 0)
            arrival = arrival with { DeviceId = connect.DeviceId };
        return EnterAsync(session, arrival, frame.Id, connect.Positions);
    }

    public async Task EnterAsync(Session session, Arrival arrival, string requestId, IReadOnlyCollection<ChannelCursor> positions)
    {
        session.DeviceId = arrival.DeviceId;
        session.Cursor = new InboxCursor(pushes, ChannelId.User(arrival.User.UserId).Text, arrival.DeviceId, session.Id);
        session.User = arrival.User;
        session.Expected = null;
        sessions.AddUser(session);
        if (session.IsEnding)
            sessions.Remove(session);
        var entrance = new Entrance(session, arrival, positions, channels);
        var told = false;
        for (var pause = FirstPause; !session.IsEnding; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await TryEnterAsync(entrance, requestId);
                return;
            }
            catch (RpcException error) when (Refusal.CodeOf(error.StatusCode) is ErrorCode.Unavailable or ErrorCode.Internal)
            {
                if (!told)
                {
                    var refusal = Protocol.Frames.ServerFrame.Error(
                        requestId, ErrorCode.Unavailable, "The service behind this node does not answer; connected follows when it does.");
                    session.Send(refusal, overCork: true);
                }

                told = true;
            }

            await Task.Delay(pause, time);
        }
    }

    /// <summary>Everything that this node and the controllers know of it goes.</summary>
    public void Leave(Session session, DisconnectReason reason)
    {
        sessions.Remove(session);
        Subscription[] subscriptions;
        lock (session.Gate)
            subscriptions = session.Subscriptions();
        foreach (var subscription in subscriptions)
            channels.LaneOf(subscription.Channel.Text).Post(new LaneCommand.Remove(subscription));
        if (session.User is { } user)
            controller.Post(new SessionChange { Offline = new SessionOffline { SessionId = session.Id, UserId = user.UserId } });
        metrics.Disconnected(reason);
        LogEnded(session.Id, reason);
    }

    [LoggerMessage(1, LogLevel.Error, "A request of session {SessionId} failed")]
    private partial void LogRequestFailed(string sessionId, Exception error);

    public void LogFailed(Session session, Exception error) => LogRequestFailed(session.Id, error);

    [LoggerMessage(2, LogLevel.Debug, "Session {SessionId} ended: {Reason}")]
    private partial void LogEnded(string sessionId, DisconnectReason reason);

    private async Task TryEnterAsync(Entrance entrance, string requestId)
    {
        var session = entrance.Session;
        Task<SessionChangeOutcome> online;
        lock (session.Gate)
        {
            if (session.IsEnding || !entrance.TryBeginLocked())
                return;
            online = controller.ApplyAsync(new SessionChange { Online = Announcement(session) }, CancellationToken.None);
        }

        // Handed over right behind the announcement, so that both travel in one batch.
        var joining = entrance.RoomId.Length > 0 ? JoinQuietlyAsync(session, entrance.RoomId, entrance.Cursors) : null;
        try
        {
            var outcome = await online;
            if (outcome.Code != 0)
                throw new RpcException(new Status((StatusCode)outcome.Code, outcome.Error));
            session.SendFirst(Connected(session, requestId, await entrance.ActivateAsync()));
        }
        catch (RpcException error) when (Refusal.CodeOf(error.StatusCode) is not (ErrorCode.Unavailable or ErrorCode.Internal))
        {
            session.End(DisconnectReason.Unauthorized, error.Status.Detail);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch
        {
            entrance.CancelUnfinished();
            if (joining is not null && await joining is null)
                entrance.RoomId = "";
            throw;
        }

        if (joining is not null && await joining is { } failure)
        {
            var code = failure is RequestRefusedException refused ? refused.Code : Refusal.CodeOf(((RpcException)failure).StatusCode);
            session.SendError("", code, failure is RpcException rpc ? Refusal.TextOf(rpc) : failure.Message);
        }
    }

    private async Task<Exception?> JoinQuietlyAsync(Session session, string roomId, IEnumerable<ChannelCursor> positions)
    {
        try
        {
            var channel = ChannelId.Room(roomId).Text;
            await rooms.JoinAsync(session, "", roomId, positions.FirstOrDefault(cursor => cursor.Channel == channel));
            return null;
        }
        catch (Exception error) when (error is RequestRefusedException or RpcException)
        {
            return error;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    public static SessionOnline Announcement(Session session)
    {
        var online = new SessionOnline
        {
            SessionId = session.Id,
            UserId = session.User!.UserId,
            UserName = session.User.UserName,
            ConnectedAt = session.ConnectedAt.ToUnixTimeMilliseconds(),
        };
        foreach (var subscription in session.Subscriptions())
        {
            if (subscription is { IsLive: true, Channel.Kind: ChannelKind.Room })
                online.RoomIds.Add(subscription.Channel.Id);
        }

        return online;
    }

    private ServerEnvelope Connected(Session session, string requestId, IEnumerable<Resumed> channels)
    {
        var connected = new Connected
        {
            SessionId = session.Id,
            UserId = session.User!.UserId,
            NodeId = node.InstanceId,
            HeartbeatSeconds = options.Value.HeartbeatSeconds,
        };
        connected.Channels.Add(channels);
        return new ServerEnvelope { Id = requestId, Connected = connected };
    }
}
