using Microsoft.Extensions.Options;
using PubSub.Controller.Redis;
using PubSub.Controller.Sessions;
using PubSub.Protocol;
using StackExchange.Redis;

namespace PubSub.Controller.Rooms;

/// <summary>The rooms and who is in them. What a session has to remember of its rooms is SessionStore's part.</summary>
internal sealed class RoomStore(RedisStore redis, IndexMirror index, IOptions<RoomOptions> options, TimeProvider time)
{
    private static readonly StoreScript CreateScript = StoreScript.Load("room_create");
    private static readonly StoreScript ReplaceScript = StoreScript.Load("room_replace");
    private static readonly StoreScript DeleteScript = StoreScript.Load("room_delete");
    private static readonly StoreScript JoinScript = StoreScript.Load("room_join");
    private static readonly StoreScript LeaveScript = StoreScript.Load("room_leave");

    public async Task<RoomRecord> CreateAsync(CreateRoomRequest request)
    {
        var room = New(request.RoomId, request.Name, request.MaxUsers, RoomLog.From(request.Log)) with { SlowReaders = request.SlowReaders };
        var answer = (RedisResult[])(await redis.RunAsync(CreateScript, [RedisKeys.Room(request.RoomId)], room.ToJson()))!;

        // Also where it was there: the one who made it may have died before the list of rooms knew.
        await index.FollowRoomAsync(request.RoomId, exists: true);
        return (int)answer[0] == 1
            ? room
            : throw new Refusal(RefusalKind.AlreadyExists, $"room_id: room '{request.RoomId}' exists already. Change it with UpdateRoom.");
    }

    public async Task<RoomRecord> UpdateAsync(string roomId, Func<RoomRecord, RoomRecord> change)
    {
        while (true)
        {
            string? before = await ReadAsync(roomId);
            var after = change(RoomRecord.Parse(before ?? throw Refusal.NoSuchRoom(roomId)));
            var outcome = (int)await redis.RunAsync(ReplaceScript, [RedisKeys.Room(roomId)], before, after.ToJson());
            if (outcome == 1)
                return after;
            if (outcome < 0)
                throw Refusal.NoSuchRoom(roomId);
        }
    }

    /// <summary>Removes the room with all who are in it; the sessions and nodes still have to be told.</summary>
    public async Task<RemovedRoom> DeleteAsync(string roomId)
    {
        var answer = (RedisResult[])(await redis.RunAsync(
            DeleteScript,
            [RedisKeys.Room(roomId), RedisKeys.RoomMembers(roomId), RedisKeys.RoomSessions(roomId), RedisKeys.RoomNodes(roomId)]))!;
        await index.FollowMembersAsync(roomId, exists: false);
        await index.FollowRoomAsync(roomId, exists: false);
        if ((int)answer[0] == 0)
            throw Refusal.NoSuchRoom(roomId);
        return new RemovedRoom(
            (int)answer[1],
            [.. ((string[])answer[2]!).Select(SessionKey.FromRoom)],
            [.. ((string[])answer[3]!).Select(key => new Nodes.RegistrationKey(key))]);
    }

    public async Task<RoomRecord> GetAsync(string roomId) =>
        RoomRecord.Parse((await ReadAsync(roomId)) ?? throw Refusal.NoSuchRoom(roomId));

    public async Task<int> CountUsersAsync(string roomId) =>
        (int)await redis.AskAsync("count", database => database.HashLengthAsync(RedisKeys.RoomMembers(roomId)));

    /// <summary>Takes a place for the session's user, if it has none yet.</summary>
    public async Task<Joined> JoinAsync(string roomId, SessionKey session, SessionRecord record, string userName, bool create)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var answer = (RedisResult[])(await redis.RunAsync(
            JoinScript,
            [RedisKeys.Room(roomId), RedisKeys.RoomMembers(roomId), RedisKeys.RoomSessions(roomId), RedisKeys.RoomNodes(roomId)],
            session.UserId, userName, session.InRoom, session.Node.Text, record.Generation, now,
            create ? New(roomId, "", 0, RoomLog.From(null)).ToJson() : ""))!;

        var outcome = (string)answer[0]!;
        if (outcome == "missing")
            throw Refusal.NoSuchRoom(roomId);
        var room = RoomRecord.Parse((string)answer[1]!);
        if (outcome == "full")
            throw new Refusal(RefusalKind.RoomFull, $"room_id: room '{roomId}' is full: all {room.MaxUsers} places are taken. UpdateRoom can raise max_users.");

        if (outcome == "created")
            await index.FollowRoomAsync(roomId, exists: true);
        // Also where it is a repetition: the first one may have died before the list knew.
        if ((int)answer[2] == 1)
            await index.FollowMembersAsync(roomId, exists: true);
        return new Joined(room, (int)answer[2]);
    }

    public async Task<Left> LeaveAsync(string roomId, SessionKey session, string generation)
    {
        var answer = (RedisResult[])(await redis.RunAsync(
            LeaveScript,
            [RedisKeys.RoomMembers(roomId), RedisKeys.RoomSessions(roomId), RedisKeys.RoomNodes(roomId)],
            session.UserId, session.InRoom, session.Node.Text, generation))!;
        if ((int)answer[1] == 0)
            await index.FollowMembersAsync(roomId, exists: false);
        return new Left((int)answer[0] == 1, (int)answer[1]);
    }

    /// <summary>The places that a room gets for what was asked; 0 asks for the default.</summary>
    public int Places(int maxUsers) => maxUsers == 0 ? options.Value.DefaultMaxUsers : maxUsers;

    private Task<string?> ReadAsync(string roomId) =>
        redis.AskAsync<string?>("room", async database => await database.StringGetAsync(RedisKeys.Room(roomId)));

    private RoomRecord New(string roomId, string name, int maxUsers, RoomLog log) => new(
        roomId, name.Length == 0 ? roomId : name, Places(maxUsers),
        time.GetUtcNow().ToUnixTimeMilliseconds(), log);
}

internal readonly record struct Joined(RoomRecord Room, int UserCount);

internal readonly record struct Left(bool WasIn, int UserCount);

internal sealed record RemovedRoom(int Users, IReadOnlyList<SessionKey> Sessions, IReadOnlyList<Nodes.RegistrationKey> Nodes);
