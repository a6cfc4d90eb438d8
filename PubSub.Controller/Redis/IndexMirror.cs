using StackExchange.Redis;

namespace PubSub.Controller.Redis;

/// <summary>
/// Keeps an entry of an index (the rooms, the rooms with somebody in them, the online users) in step with the record
/// that it stands for. The two lie on different hash slots, so no script can change them together.
/// <para>
/// Whoever changed whether the record exists calls a Follow method afterwards: write the entry as the record
/// was seen, look at the record again, and go on until both agree. Of all those who change a record at the same time,
/// the one that writes the entry last has looked at the record after that write, hence after every other change that
/// was followed before; so the entry ends right, in whatever order the writes cross. A crash in between leaves a wrong
/// entry, which the repetition of the change, the end of the node, or the regular check (StateCheck) finds.
/// </para>
/// <para>
/// A change of an entry is an event (index_follow.lua). So the events of one user or room take turns, none comes twice,
/// and the last one is how things are. Who comes and goes within milliseconds may be told of in fewer events, or in an
/// extra pair of them.
/// </para>
/// </summary>
internal sealed class IndexMirror(RedisStore redis, IndexWriter writer)
{
    /// <param name="roomId">The room.</param>
    /// <param name="exists">What the change that is followed left behind.</param>
    public Task FollowRoomAsync(string roomId, bool exists) => FollowAsync(
        RedisKeys.Room(roomId), exists, written => redis.AskAsync("index", database => written
            ? database.SortedSetAddAsync(RedisKeys.Rooms, roomId, 0)
            : database.SortedSetRemoveAsync(RedisKeys.Rooms, roomId)));

    /// <param name="userId">The user.</param>
    /// <param name="exists">Whether the change that is followed left the user with sessions.</param>
    public Task FollowUserAsync(string userId, bool exists) =>
        FollowAsync(RedisKeys.UserSessions(userId), exists, written => writer.WriteUserAsync(userId, written));

    /// <summary>
    /// The first write of a follow whose look at the record is a step of the caller's own: it calls
    /// <see cref="FollowUserAsync"/> where the record turned out otherwise.
    /// </summary>
    public Task WriteUserAsync(string userId, bool exists) => writer.WriteUserAsync(userId, exists);

    /// <param name="roomId">The room.</param>
    /// <param name="exists">Whether the change that is followed left somebody in the room.</param>
    public Task FollowMembersAsync(string roomId, bool exists) =>
        FollowAsync(RedisKeys.RoomMembers(roomId), exists, written => writer.WriteOccupiedAsync(roomId, written));

    private async Task FollowAsync(RedisKey record, bool exists, Func<bool, Task> writeAsync)
    {
        bool written;
        do
        {
            written = exists;
            await writeAsync(written);
            exists = await redis.AskAsync("exists", database => database.KeyExistsAsync(record));
        }
        while (exists != written);
    }
}
