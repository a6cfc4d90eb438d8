using PubSub.Controller.Redis;
using PubSub.Controller.Rooms;
using StackExchange.Redis;

namespace PubSub.Controller.Sessions;

/// <summary>
/// Sessions, and the rooms that each is in.
/// <para>
/// A session lies in three places: with its node (the set of what to remove when the node ends), with its user (devices,
/// routing, its rooms) and with each of its rooms (places, routing). They are on different hash slots, so no script
/// writes them together, and the controller may die between any two writes. The order is therefore always: whoever
/// must be able to find a thing knows it before the thing is there, and forgets it after the thing is gone.
/// </para>
/// <para>
/// Begin: node, then user (with the rooms that are about to be joined), then rooms. Dying in between leaves a session
/// that its node can end, or rooms in a session's list that it is not in; nothing is in a room without its session
/// knowing, and no session exists without its node's set knowing. The caller got no answer, so the node says it again,
/// and each step takes a repetition for what it is.
/// </para>
/// <para>
/// End: the user's session moves to "ending" (from here on it has no devices, no routing, and can join nothing), then
/// the rooms let go of it, then it is forgotten, last of all by the node's set. Dying in between leaves it in "ending"
/// with its rooms still listed: the next end of it, by a repeated call or by the sweep of its node, goes on from there.
/// </para>
/// <para>
/// Join and end may cross. A join writes its intention first, the room second, and then looks whether the session still
/// stands and still intends it; if not, it takes its place in the room back. If the end began before that look, the join
/// sees it; if it began after, the end finds the room in the list. One of the two always removes the member. Leave and
/// join of one session cross in the same way, by a mark on the intention.
/// </para>
/// <para>
/// Names may come back: a tool uses the user's id as the session's. Each begin makes a new generation, the room keeps
/// it, and a late end of the former generation finds nothing of its own. A begin that meets the ending of its former
/// life finishes that first.
/// </para>
/// </summary>
internal sealed class SessionStore(RedisStore redis, RoomStore rooms, IndexMirror index)
{
    private static readonly StoreScript BeginScript = StoreScript.Load("session_begin");
    private static readonly StoreScript IntendScript = StoreScript.Load("session_intend");
    private static readonly StoreScript ConfirmScript = StoreScript.Load("session_confirm");
    private static readonly StoreScript LeavingScript = StoreScript.Load("session_leaving");
    private static readonly StoreScript LeftScript = StoreScript.Load("session_left");
    private static readonly StoreScript EndingScript = StoreScript.Load("session_ending");
    private static readonly StoreScript FinishScript = StoreScript.Load("session_finish");

    /// <summary>
    /// Starts a session, or confirms one that is there, and joins its rooms. The caller has noted it with its node before.
    /// </summary>
    public async Task<Begun> BeginAsync(SessionKey session, string userName, long connectedAt, IReadOnlyList<RoomWish> wishes)
    {
        var offered = SessionRecord.Begin(userName, connectedAt);
        var (isNew, generation, devices) = await WriteBeginAsync(session, offered, wishes);
        var record = offered with { Generation = generation };
        if (wishes.Count == 0)
        {
            // Nothing can cross, and a connect storm costs a script less for each session.
            if (devices == 1)
                await index.FollowUserAsync(session.UserId, exists: true);
            return new Begun(isNew, devices, []);
        }

        var told = devices == 1 ? index.WriteUserAsync(session.UserId, exists: true) : Task.CompletedTask;
        var joining = Task.WhenAll(wishes.Select(wish => TryJoinAsync(wish, session, record)));
        await Task.WhenAll(told, joining);
        var attempts = await joining;
        var confirmed = await ConfirmAsync(session, record, [.. attempts.Where(attempt => attempt.Joined is not null).Select(attempt => attempt.RoomId)]);

        // The confirmation is the look at the record that follows the write of the list.
        if (devices == 1 && confirmed.Devices == 0)
            await index.FollowUserAsync(session.UserId, exists: false);
        if (!confirmed.IsHere)
            throw EndedMeanwhile(session);
        for (var i = 0; i < attempts.Length; i++)
        {
            if (confirmed.Gone.Contains(attempts[i].RoomId, StringComparer.Ordinal))
                attempts[i] = new JoinAttempt(attempts[i].RoomId, null, EndedMeanwhile(session));
            if (attempts[i].Refusal is not null)
                await LeaveAsync(session, attempts[i].RoomId);
        }

        return new Begun(isNew, devices, attempts);
    }

    public async Task<Joined> JoinAsync(SessionKey session, string userName, string roomId, bool create)
    {
        var json = (string?)await redis.RunAsync(
            IntendScript, [RedisKeys.UserSessions(session.UserId), Rooms(session)], session.InUser, roomId)
            ?? throw NoSuchSession(session);
        var record = SessionRecord.Parse(json);
        try
        {
            var joined = await rooms.JoinAsync(
                roomId, session, record, userName.Length == 0 ? record.UserName : userName, create);
            return await ConfirmAsync(session, record, [roomId]) is { IsHere: true, Gone: [] } ? joined : throw EndedMeanwhile(session);
        }
        catch (Refusal)
        {
            await LeaveAsync(session, roomId);
            throw;
        }
    }

    public async Task<Left> LeaveAsync(SessionKey session, string roomId)
    {
        var json = (string?)await redis.RunAsync(
            LeavingScript, [RedisKeys.UserSessions(session.UserId), Rooms(session)], session.InUser, roomId);
        var left = await rooms.LeaveAsync(roomId, session, json is null ? "" : SessionRecord.Parse(json).Generation);
        await redis.RunAsync(LeftScript, [Rooms(session)], roomId);
        return left;
    }

    /// <summary>Ends a session. The caller drops it from its node afterwards.</summary>
    public async Task<Ended> EndAsync(SessionKey session)
    {
        var answer = (RedisResult[])(await redis.RunAsync(
            EndingScript,
            [RedisKeys.UserSessions(session.UserId), RedisKeys.UserNodes(session.UserId), RedisKeys.UserEnding(session.UserId), Rooms(session)],
            session.InUser, session.Node.Text))!;
        var json = (string)answer[0]!;
        if (json.Length == 0)
        {
            // Whoever ended it may have died before the list of users knew.
            if ((int)answer[1] == 0)
                await index.FollowUserAsync(session.UserId, exists: false);
            return new Ended(false, (int)answer[1], []);
        }

        var generation = SessionRecord.Parse(json).Generation;
        var roomIds = (string[])answer[2]!;
        var left = await Task.WhenAll(roomIds.Select(roomId => rooms.LeaveAsync(roomId, session, generation)));
        var devices = (int)await redis.RunAsync(
            FinishScript, [RedisKeys.UserSessions(session.UserId), RedisKeys.UserEnding(session.UserId), Rooms(session)],
            session.InUser, generation);
        if (devices == 0)
            await index.FollowUserAsync(session.UserId, exists: false);
        return new Ended(true, devices, [.. roomIds.Where((_, i) => left[i].WasIn).Order(StringComparer.Ordinal)]);
    }

    private static Refusal NoSuchSession(SessionKey session) => new(
        RefusalKind.NotFound,
        $"session_id: user '{session.UserId}' has no session '{session.SessionId}' on node '{session.Node.NodeId}'. Announce it with NotifyUserOnline first.");

    private static RedisKey Rooms(SessionKey session) => RedisKeys.SessionRooms(session.UserId, session.InUser);

    private async Task<(bool IsNew, string Generation, int Devices)> WriteBeginAsync(
        SessionKey session, SessionRecord record, IReadOnlyList<RoomWish> wishes)
    {
        RedisKey[] keys =
        [
            RedisKeys.UserSessions(session.UserId), RedisKeys.UserNodes(session.UserId),
            RedisKeys.UserEnding(session.UserId), Rooms(session),
        ];
        RedisValue[] arguments =
            [session.InUser, session.Node.Text, record.ToJson(), .. wishes.Select(wish => (RedisValue)wish.RoomId)];
        while (true)
        {
            var answer = (RedisResult[])(await redis.RunAsync(BeginScript, keys, arguments))!;
            var outcome = (string)answer[0]!;
            if (outcome != "ending")
                return (outcome == "begun", (string)answer[1]!, (int)answer[2]);
            await EndAsync(session);
        }
    }

    private async Task<JoinAttempt> TryJoinAsync(RoomWish wish, SessionKey session, SessionRecord record)
    {
        try
        {
            return new JoinAttempt(wish.RoomId, await rooms.JoinAsync(wish.RoomId, session, record, record.UserName, wish.Create), null);
        }
        catch (Refusal refusal)
        {
            return new JoinAttempt(wish.RoomId, null, refusal);
        }
    }

    /// <summary>The look back after the rooms were written; takes back what an end or a leave has overtaken.</summary>
    private async Task<Confirmed> ConfirmAsync(SessionKey session, SessionRecord record, IReadOnlyList<string> roomIds)
    {
        var answer = (RedisResult[])(await redis.RunAsync(
            ConfirmScript, [RedisKeys.UserSessions(session.UserId), Rooms(session)],
            [session.InUser, record.Generation, .. roomIds.Select(roomId => (RedisValue)roomId)]))!;
        var gone = (string[])answer[1]!;
        foreach (var roomId in gone)
            await rooms.LeaveAsync(roomId, session, record.Generation);
        return new Confirmed((int)answer[0] == 1, gone, (int)answer[2]);
    }

    private static Refusal EndedMeanwhile(SessionKey session) => new(
        RefusalKind.Ended,
        $"session_id: session '{session.SessionId}' of user '{session.UserId}' ended or left while it was joining.");

    private readonly record struct Confirmed(bool IsHere, string[] Gone, int Devices);
}

/// <param name="RoomId">A room that a session begins in.</param>
/// <param name="Create">Makes the room where it does not exist.</param>
internal readonly record struct RoomWish(string RoomId, bool Create);

internal readonly record struct JoinAttempt(string RoomId, Joined? Joined, Refusal? Refusal);

/// <param name="IsNew">False when the session was there already.</param>
/// <param name="Devices">Sessions of the user, this one included.</param>
/// <param name="Rooms">What came of each room.</param>
internal sealed record Begun(bool IsNew, int Devices, IReadOnlyList<JoinAttempt> Rooms);

/// <param name="Found">False when there was no such session.</param>
/// <param name="Devices">Sessions that the user still has.</param>
/// <param name="RoomsLeft">The rooms that it was in.</param>
internal sealed record Ended(bool Found, int Devices, IReadOnlyList<string> RoomsLeft);
