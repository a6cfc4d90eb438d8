using PubSub.Controller.Sessions;
using PubSub.Controller.Statistics;
using PubSub.Protocol;

namespace PubSub.Controller.Doors;

/// <summary>
/// The calls about sessions. Nodes send batches; the single forms are for tools, which know users and rooms but no
/// sessions: a session id that is left out stands for all sessions of the user.
/// </summary>
internal sealed class SessionCalls(SessionChanges changes, SessionStore sessions, UserReader users, ControllerMetrics metrics)
{
    public async Task<NotifyUserOnlineReply> OnlineAsync(NotifyUserOnlineRequest request, CancellationToken cancellationToken)
    {
        RequestRules.Id("user_id", request.UserId);
        RequestRules.Id("node_id", request.NodeId);
        RequestRules.Optional("user_name", request.UserName);
        RequestRules.Optional("session_id", request.SessionId);
        RequestRules.Optional("room_id", request.RoomId);
        RequestRules.Incarnation(request.Incarnation);

        var online = new SessionOnline
        {
            UserId = request.UserId,
            UserName = request.UserName,
            SessionId = request.SessionId.Length == 0 ? request.UserId : request.SessionId,
        };
        if (request.RoomId.Length > 0)
            online.RoomIds.Add(request.RoomId);
        var outcome = (await ApplyAsync(request.NodeId, request.Incarnation, [new() { Online = online }], cancellationToken))[0];
        var begun = Granted(outcome).Begun!;
        if (begun.Rooms.FirstOrDefault(room => room.Refusal is not null).Refusal is { } refusal)
        {
            // The call failed as a whole, so it leaves nothing of itself.
            if (begun.IsNew)
            {
                var offline = new SessionOffline { UserId = online.UserId, SessionId = online.SessionId };
                await ApplyAsync(request.NodeId, request.Incarnation, [new() { Offline = offline }], cancellationToken);
            }

            throw refusal;
        }

        return new NotifyUserOnlineReply { Devices = begun.Devices };
    }

    public async Task<NotifyUserOfflineReply> OfflineAsync(NotifyUserOfflineRequest request, CancellationToken cancellationToken)
    {
        RequestRules.Id("user_id", request.UserId);
        RequestRules.Optional("session_id", request.SessionId);
        RequestRules.Optional("node_id", request.NodeId);
        RequestRules.Incarnation(request.Incarnation);

        if (request.SessionId.Length > 0 && request.NodeId.Length > 0)
        {
            // By its full name also a session whose end was begun and broken off is found.
            var offline = new SessionOffline { UserId = request.UserId, SessionId = request.SessionId };
            var outcome = (await ApplyAsync(request.NodeId, request.Incarnation, [new() { Offline = offline }], cancellationToken))[0];
            return Granted(outcome).Ended is { Found: true } ended
                ? Reply([ended])
                : throw NoSuchSession(request.UserId, request.SessionId);
        }

        var found = await FindAsync(request.UserId, request.SessionId, request.NodeId, request.Incarnation);
        return Reply(await changes.EndAsync(found));
    }

    public async Task<JoinRoomReply> JoinAsync(JoinRoomRequest request)
    {
        RequestRules.Id("room_id", request.RoomId);
        RequestRules.Id("user_id", request.UserId);
        RequestRules.Optional("user_name", request.UserName);
        RequestRules.Optional("session_id", request.SessionId);
        RequestRules.Optional("node_id", request.NodeId);
        RequestRules.Incarnation(request.Incarnation);

        var found = await FindAsync(request.UserId, request.SessionId, request.NodeId, request.Incarnation);
        var joined = await Task.WhenAll(found.Select(session => sessions.JoinAsync(session, request.UserName, request.RoomId, create: false)));
        metrics.Changed("Join", granted: true);
        return new JoinRoomReply { Room = joined[^1].Room.ToProto(), UserCount = joined.Max(join => join.UserCount) };
    }

    public async Task<LeaveRoomReply> LeaveAsync(LeaveRoomRequest request, Func<string, Task> ensureRoomAsync)
    {
        RequestRules.Id("room_id", request.RoomId);
        RequestRules.Id("user_id", request.UserId);
        RequestRules.Optional("session_id", request.SessionId);
        RequestRules.Optional("node_id", request.NodeId);
        RequestRules.Incarnation(request.Incarnation);

        await ensureRoomAsync(request.RoomId);
        var found = await FindAsync(request.UserId, request.SessionId, request.NodeId, request.Incarnation);
        var left = await Task.WhenAll(found.Select(session => sessions.LeaveAsync(session, request.RoomId)));
        if (!left.Any(leave => leave.WasIn))
            throw new Refusal(RefusalKind.NotFound, $"user_id: user '{request.UserId}' is not in room '{request.RoomId}'.");
        metrics.Changed("Leave", granted: true);
        return new LeaveRoomReply { UserCount = left.Min(leave => leave.UserCount) };
    }

    public async Task<UpdateSessionsReply> UpdateAsync(UpdateSessionsRequest request, CancellationToken cancellationToken)
    {
        var node = request.Node ?? new NodeIdentity();
        RequestRules.Id("node.node_id", node.NodeId);
        RequestRules.Incarnation(node.Incarnation);
        RequestRules.Batch("changes", request.Changes.Count);

        var complaints = request.Changes.Select(Complaint).ToArray();
        var good = request.Changes.Where((_, i) => complaints[i] is null).ToArray();
        var outcomes = new Queue<ChangeOutcome>(await ApplyAsync(node.NodeId, node.Incarnation, good, cancellationToken));
        var reply = new UpdateSessionsReply();
        foreach (var complaint in complaints)
            reply.Outcomes.Add(Outcome(complaint is null ? outcomes.Dequeue() : new ChangeOutcome(complaint)));
        return reply;
    }

    private static Refusal? Complaint(SessionChange change)
    {
        try
        {
            RequestRules.Change(change);
            return null;
        }
        catch (Refusal refusal)
        {
            return refusal;
        }
    }

    private static ChangeOutcome Granted(ChangeOutcome outcome) => outcome.Refusal is { } refusal ? throw refusal : outcome;

    private static Refusal NoSuchSession(string userId, string sessionId) =>
        new(RefusalKind.NotFound, $"session_id: user '{userId}' has no session '{sessionId}' there.");

    private static NotifyUserOfflineReply Reply(IReadOnlyList<Ended> ended)
    {
        var reply = new NotifyUserOfflineReply { Devices = ended.Min(end => end.Devices) };
        reply.RoomsLeft.AddRange(ended.SelectMany(end => end.RoomsLeft).Distinct().Order(StringComparer.Ordinal));
        return reply;
    }

    private static SessionChangeOutcome Outcome(ChangeOutcome change)
    {
        var outcome = new SessionChangeOutcome();
        foreach (var attempt in change.Begun?.Rooms.Where(attempt => attempt.Refusal is not null) ?? [])
        {
            outcome.Refused.Add(new RoomRefusal
            {
                RoomId = attempt.RoomId,
                Code = (int)Answering.StatusOf(attempt.Refusal!),
                Error = attempt.Refusal!.Message,
            });
        }

        var refusal = change.Refusal ?? change.Begun?.Rooms.FirstOrDefault(attempt => attempt.Refusal is not null).Refusal;
        if (refusal is not null)
            (outcome.Code, outcome.Error) = ((int)Answering.StatusOf(refusal), refusal.Message);

        var joined = change.Joined ?? (change.Begun is { Rooms: [{ Joined: { } only }] } ? only : null);
        if (joined is { } join)
            (outcome.Room, outcome.UserCount) = (join.Room.ToProto(), join.UserCount);
        else if (change.Left is { } left)
            outcome.UserCount = left.UserCount;
        return outcome;
    }

    private async Task<IReadOnlyList<ChangeOutcome>> ApplyAsync(
        string nodeId, long incarnation, SessionChange[] some, CancellationToken cancellationToken)
    {
        var outcomes = await changes.ApplyAsync(nodeId, incarnation, some, cancellationToken);
        for (var i = 0; i < some.Length; i++)
            metrics.Changed(some[i].ChangeCase.ToString(), outcomes[i].Refusal is null);
        return outcomes;
    }

    private async Task<IReadOnlyList<SessionKey>> FindAsync(string userId, string sessionId, string nodeId, long incarnation)
    {
        var found = await users.SessionsAsync(userId, sessionId, nodeId);
        var keys = found.Select(session => session.Key)
            .Where(key => incarnation == 0 || key.Node.Incarnation == incarnation).ToList();
        if (keys.Count > 0)
            return keys;
        throw sessionId.Length > 0 ? NoSuchSession(userId, sessionId) : Refusal.NoSuchUser(userId);
    }
}
