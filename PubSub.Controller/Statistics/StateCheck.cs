using Microsoft.Extensions.Options;
using PubSub.Controller.Nodes;
using PubSub.Controller.Redis;
using PubSub.Controller.Rooms;
using PubSub.Controller.Sessions;
using StackExchange.Redis;

namespace PubSub.Controller.Statistics;

/// <summary>
/// Reads all that Redis holds, at the start and then every cache TTL, and puts right what a controller that died in the
/// midst of a change left behind: the list of rooms and of online users, and sessions of stays that nobody knows any
/// more. After their start controllers take turns.
/// </summary>
internal sealed partial class StateCheck(
    RedisStore redis, IndexMirror index, NodeStore nodes, SessionStore sessions, RoomStore rooms,
    IOptions<NodeOptions> options, TimeProvider time, ILogger<StateCheck> logger) : BackgroundService
{
    private const int AtOnce = 500;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly ILogger<StateCheck> _logger = logger;

    public async Task<StateCheckResult> CheckAsync(CancellationToken cancellationToken)
    {
        var roomIds = (await redis.ScanAsync(RedisKeys.RoomPattern, cancellationToken)).Select(RedisKeys.RoomIdOf).ToHashSet(StringComparer.Ordinal);
        var userIds = (await redis.ScanAsync(RedisKeys.UserSessionsPattern, cancellationToken)).Select(RedisKeys.UserIdOf).ToHashSet(StringComparer.Ordinal);
        var occupied = (await redis.ScanAsync(RedisKeys.RoomMembersPattern, cancellationToken)).Select(RedisKeys.OccupiedRoomIdOf).ToHashSet(StringComparer.Ordinal);
        var corrected = await CorrectAsync(RedisKeys.Rooms, roomIds, RedisKeys.Room, index.FollowRoomAsync)
            + await CorrectAsync(RedisKeys.Users, userIds, RedisKeys.UserSessions, index.FollowUserAsync)
            + await CorrectAsync(RedisKeys.OccupiedRooms, occupied, RedisKeys.RoomMembers, index.FollowMembersAsync);
        var removed = await RemoveOrphansAsync(userIds, RedisKeys.UserNodes, RedisKeys.UserSessions, OrphanOfUser, cancellationToken)
            + await RemoveOrphansAsync(roomIds, RedisKeys.RoomNodes, RedisKeys.RoomSessions, OrphanOfRoom, cancellationToken);
        return new StateCheckResult(roomIds.Count, userIds.Count, corrected, removed);

        (SessionKey, Func<Task>) OrphanOfUser(string userId, string name)
        {
            var key = SessionKey.FromUser(userId, name);
            return (key, () => sessions.EndAsync(key));
        }

        (SessionKey, Func<Task>) OrphanOfRoom(string roomId, string name)
        {
            var key = SessionKey.FromRoom(name);
            return (key, () => rooms.LeaveAsync(roomId, key, ""));
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var isChecked = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            var pause = options.Value.CacheTtl;
            try
            {
                if (await TakeTurnAsync() || !isChecked)
                {
                    var result = await CheckAsync(stoppingToken);
                    LogChecked(result.Rooms, result.Users, result.Corrected, result.Removed);
                    isChecked = true;
                }
            }
            catch (Exception away) when (away is RedisAwayException or TimeoutException or RedisException)
            {
                LogNotChecked(away.Message);
                pause = RetryAfter;
            }

            await Task.Delay(pause, time, stoppingToken);
        }
    }

    private Task<bool> TakeTurnAsync() => redis.AskAsync("turn", database => database.StringSetAsync(
        RedisKeys.CheckTurn, "taken", options.Value.CacheTtl / 2, When.NotExists));

    private async Task<int> CorrectAsync(
        RedisKey list, HashSet<string> exist, Func<string, RedisKey> record, Func<string, bool, Task> followAsync)
    {
        var listed = new HashSet<string>(StringComparer.Ordinal);
        for (var from = 0L; ; from += AtOnce)
        {
            var page = await redis.AskAsync("list", database => database.SortedSetRangeByRankAsync(list, from, from + AtOnce - 1));
            listed.UnionWith(page.Select(id => (string)id!));
            if (page.Length < AtOnce)
                break;
        }

        var corrected = 0;
        string[] suspect = [.. exist.Except(listed), .. listed.Except(exist)];
        foreach (var some in suspect.Chunk(AtOnce))
            corrected += (await Task.WhenAll(some.Select(CorrectOneAsync))).Count(isWrong => isWrong);
        return corrected;

        // Much may have changed since the walk, and each wrong write would be an event that tells something untrue.
        async Task<bool> CorrectOneAsync(string id)
        {
            var exists = await redis.AskAsync("exists", database => database.KeyExistsAsync(record(id)));
            if (await redis.AskAsync("list", database => database.SortedSetScoreAsync(list, id)) is null == !exists)
                return false;
            await followAsync(id, exists);
            return true;
        }
    }

    /// <summary>
    /// Removes the sessions of stays that are neither registered nor on the sweep's list. The stays are read after the
    /// routing, and a stay is registered before its first session: what is unknown then is over.
    /// </summary>
    private async Task<int> RemoveOrphansAsync(
        IEnumerable<string> owners, Func<string, RedisKey> routing, Func<string, RedisKey> sessionsOf,
        Func<string, string, (SessionKey Key, Func<Task> RemoveAsync)> orphan, CancellationToken cancellationToken)
    {
        var removed = 0;
        foreach (var some in owners.Chunk(AtOnce))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var routed = await Task.WhenAll(some.Select(async owner =>
                (owner, stays: await redis.AskAsync("routing", database => database.HashKeysAsync(routing(owner))))));
            var known = (await nodes.ListAsync()).Select(node => node.Key)
                .Concat((await nodes.LeavingAsync()).Select(leaving => leaving.Key)).ToHashSet();
            foreach (var (owner, _) in routed.Where(entry => entry.stays.Any(stay => !known.Contains(new RegistrationKey(stay!)))))
            {
                var names = await redis.AskAsync("sessions", database => database.HashKeysAsync(sessionsOf(owner)));
                var orphans = names.Select(name => orphan(owner, name!)).Where(found => !known.Contains(found.Key.Node)).ToList();
                await Task.WhenAll(orphans.Select(found => found.RemoveAsync()));
                removed += orphans.Count;
            }
        }

        return removed;
    }

    [LoggerMessage(3411, LogLevel.Information, "Redis holds {Rooms} rooms and {Users} online users; {Corrected} list entries corrected, {Removed} orphaned sessions removed")]
    private partial void LogChecked(int rooms, int users, int corrected, int removed);

    [LoggerMessage(3412, LogLevel.Warning, "The state in Redis could not be checked, trying again: {Reason}")]
    private partial void LogNotChecked(string reason);
}

internal readonly record struct StateCheckResult(int Rooms, int Users, int Corrected, int Removed);
