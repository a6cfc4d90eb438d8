using StackExchange.Redis;

namespace PubSub.Controller.Redis;

/// <summary>
/// Keeps an entry of an index (the list of rooms, of online users) in step with the record that it stands for. The two
/// lie on different hash slots, so no script can change them together.
/// <para>
/// Whoever changed whether the record exists calls <see cref="FollowAsync"/> afterwards: write the entry as the record
/// was seen, look at the record again, and go on until both agree. Of all those who change a record at the same time,
/// the one that writes the entry last has looked at the record after that write, hence after every other change that
/// was followed before; so the entry ends right, in whatever order the writes cross. A crash in between leaves a wrong
/// entry, which the regular check (StateCheck) finds.
/// </para>
/// </summary>
internal sealed class IndexMirror(RedisStore redis)
{
    /// <param name="roomId">The room.</param>
    /// <param name="exists">What the change that is followed left behind.</param>
    public Task FollowRoomAsync(string roomId, bool exists) =>
        FollowAsync(RedisKeys.Rooms, roomId, RedisKeys.Room(roomId), exists);

    /// <param name="userId">The user.</param>
    /// <param name="exists">Whether the change that is followed left the user with sessions.</param>
    public Task FollowUserAsync(string userId, bool exists) =>
        FollowAsync(RedisKeys.Users, userId, RedisKeys.UserSessions(userId), exists);

    private async Task FollowAsync(RedisKey index, string id, RedisKey record, bool exists)
    {
        bool written;
        do
        {
            written = exists;
            await redis.AskAsync("index", database => written
                ? database.SortedSetAddAsync(index, id, 0)
                : database.SortedSetRemoveAsync(index, id));
            exists = await redis.AskAsync("exists", database => database.KeyExistsAsync(record));
        }
        while (exists != written);
    }
}
