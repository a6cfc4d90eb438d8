using StackExchange.Redis;

namespace PubSub.Controller.Redis;

/// <summary>
/// Every key of the controller. Three owners have keys of their own, and one key lies on the hash slot of its owner, so
/// that a script which touches one owner runs on a Redis Cluster too:
/// <list type="table">
/// <item><term>room</term><description>the key <c>room:{id}</c> itself, and <c>{room:id}:...</c></description></item>
/// <item><term>user</term><description><c>{user:id}:...</c></description></item>
/// <item><term>node</term><description><c>{node:id}:...</c></description></item>
/// <item><term>the cluster</term><description><c>{cluster}:...</c>, what there is one of</description></item>
/// </list>
/// Ids stand in keys as they are, but for braces and the percent sign (%7B, %7D, %25): a brace in an id would move the
/// key to another slot than its owner's.
/// Inside values, parts of a name are separated by a line feed, which no id can hold.
/// </summary>
internal static class RedisKeys
{
    /// <summary>Matches all rooms and nothing else.</summary>
    public const string RoomPattern = "room:*";

    /// <summary>Matches the sessions of all online users.</summary>
    public const string UserSessionsPattern = UserSessionsStart + "*" + UserSessionsEnd;

    /// <summary>Matches the members of all rooms that have some.</summary>
    public const string RoomMembersPattern = RoomMembersStart + "*" + RoomMembersEnd;

    private const string RoomPrefix = "room:";
    private const string RoomMembersStart = "{" + RoomPrefix;
    private const string RoomMembersEnd = "}:members";
    private const string UserPrefix = "user:";
    private const string UserSessionsStart = "{" + UserPrefix;
    private const string UserSessionsEnd = "}:sessions";

    /// <summary>Hash: node id -> its registration as JSON (<c>NodeRegistration</c>). The nodes of channel <c>all</c>.</summary>
    public static readonly RedisKey Nodes = "{cluster}:nodes";

    /// <summary>Sorted set: node id, scored with the Redis time (ms) of its last sign of life.</summary>
    public static readonly RedisKey Heartbeats = "{cluster}:heartbeats";

    /// <summary>Hash: node id -> connections that the node counted at its last heartbeat.</summary>
    public static readonly RedisKey Connections = "{cluster}:connections";

    /// <summary>
    /// Hash: registration key -> Redis time (ms) at which it ended. What the sweep still has to remove; survives the
    /// controller that wrote it.
    /// </summary>
    public static readonly RedisKey Leaving = "{cluster}:leaving";

    /// <summary>Sorted set of room ids, all scores 0: the rooms in order, and their number. Derived, see IndexMirror.</summary>
    public static readonly RedisKey Rooms = "{cluster}:rooms";

    /// <summary>Sorted set of the ids of online users, all scores 0: their number. Derived, see IndexMirror.</summary>
    public static readonly RedisKey Users = "{cluster}:users";

    /// <summary>Sorted set of the ids of rooms with somebody in them, all scores 0. Derived, see IndexMirror.</summary>
    public static readonly RedisKey OccupiedRooms = "{cluster}:occupied";

    /// <summary>Stream, bounded: the events, with the ids <c>number-0</c>.</summary>
    public static readonly RedisKey Events = "{cluster}:events";

    /// <summary>String: the number of the latest event.</summary>
    public static readonly RedisKey EventNumber = "{cluster}:event-number";

    /// <summary>String with an expiry: the controller that checks the derived keys just now.</summary>
    public static readonly RedisKey CheckTurn = "{cluster}:check-turn";

    /// <summary>String: the room as JSON (<c>RoomRecord</c>). The room exists where this key does.</summary>
    public static RedisKey Room(string roomId) => RoomPrefix + Escape(roomId);

    /// <summary>Hash: user id -> JSON {name, devices, joined_at}. Its length is the room's user count.</summary>
    public static RedisKey RoomMembers(string roomId) => Derived(RoomPrefix, roomId, "members");

    /// <summary>Hash: user LF session LF registration key -> the session's generation. Who makes up the counts.</summary>
    public static RedisKey RoomSessions(string roomId) => Derived(RoomPrefix, roomId, "sessions");

    /// <summary>Hash: registration key -> sessions on it. The routing of the room's channel.</summary>
    public static RedisKey RoomNodes(string roomId) => Derived(RoomPrefix, roomId, "nodes");

    /// <summary>Hash: session LF registration key -> the session as JSON (<c>SessionRecord</c>). Length: devices.</summary>
    public static RedisKey UserSessions(string userId) => Derived(UserPrefix, userId, "sessions");

    /// <summary>Hash: registration key -> sessions on it. The routing of the user's channel.</summary>
    public static RedisKey UserNodes(string userId) => Derived(UserPrefix, userId, "nodes");

    /// <summary>Hash like the sessions: those that have begun to end, until their rooms know it.</summary>
    public static RedisKey UserEnding(string userId) => Derived(UserPrefix, userId, "ending");

    /// <summary>Hash of one session: room id -> 1 while it is in the room or about to be, 0 while it leaves.</summary>
    public static RedisKey SessionRooms(string userId, string sessionInUser) =>
        Derived(UserPrefix, userId, "rooms:" + sessionInUser);

    /// <summary>Set of one registration of a node: user LF session. What to remove when it ends.</summary>
    public static RedisKey NodeSessions(string nodeId, string registrationKey) =>
        Derived("node:", nodeId, "sessions:" + registrationKey);

    /// <summary>The id of the room that a key matched by <see cref="RoomPattern"/> holds.</summary>
    public static string RoomIdOf(RedisKey key) => Unescape(((string)key!)[RoomPrefix.Length..]);

    /// <summary>The id of the user that a key matched by <see cref="UserSessionsPattern"/> belongs to.</summary>
    public static string UserIdOf(RedisKey key) =>
        Unescape(((string)key!)[UserSessionsStart.Length..^UserSessionsEnd.Length]);

    /// <summary>The id of the room that a key matched by <see cref="RoomMembersPattern"/> belongs to.</summary>
    public static string OccupiedRoomIdOf(RedisKey key) =>
        Unescape(((string)key!)[RoomMembersStart.Length..^RoomMembersEnd.Length]);

    private static RedisKey Derived(string prefix, string id, string what) => $"{{{prefix}{Escape(id)}}}:{what}";

    private static string Escape(string id) =>
        id.AsSpan().ContainsAny('{', '}', '%')
            ? id.Replace("%", "%25", StringComparison.Ordinal)
                .Replace("{", "%7B", StringComparison.Ordinal)
                .Replace("}", "%7D", StringComparison.Ordinal)
            : id;

    private static string Unescape(string id) =>
        id.Replace("%7B", "{", StringComparison.Ordinal)
            .Replace("%7D", "}", StringComparison.Ordinal)
            .Replace("%25", "%", StringComparison.Ordinal);
}
