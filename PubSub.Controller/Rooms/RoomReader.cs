using PubSub.Controller.Nodes;
using PubSub.Controller.Redis;
using PubSub.Protocol;
using StackExchange.Redis;

namespace PubSub.Controller.Rooms;

/// <summary>The questions about rooms that need more than one key.</summary>
internal sealed class RoomReader(RedisStore redis, RoomStore rooms)
{
    public async Task<RoomInfo> DescribeAsync(string roomId, int maxMembers)
    {
        var room = rooms.GetAsync(roomId);
        var count = rooms.CountUsersAsync(roomId);
        var nodes = redis.AskAsync("room nodes", database => database.HashKeysAsync(RedisKeys.RoomNodes(roomId)));
        var info = new RoomInfo { Room = (await room).ToProto(), UserCount = await count };
        info.NodeIds.AddRange((await nodes)
            .Select(key => new RegistrationKey(key!).NodeId).Distinct().Order(StringComparer.Ordinal));
        info.Members.AddRange((await MembersAsync(roomId, maxMembers))
            .OrderBy(member => member.JoinedAt).ThenBy(member => member.UserId, StringComparer.Ordinal));
        return info;
    }

    /// <summary>One page of the rooms by id; rooms that are being removed just now are left out.</summary>
    public async Task<ListRoomsReply> ListAsync(string after, int limit)
    {
        var ids = (string[])(await redis.AskAsync("list rooms", database => database.ExecuteAsync(
            "ZRANGEBYLEX", RedisKeys.Rooms, after.Length == 0 ? "-" : "(" + after, "+", "LIMIT", 0, limit)))!;
        var summaries = await Task.WhenAll(ids.Select(SummarizeAsync));

        var reply = new ListRoomsReply { Next = ids.Length == limit ? ids[^1] : "" };
        reply.Rooms.AddRange(summaries.OfType<RoomSummary>());
        return reply;
    }

    private async Task<RoomSummary?> SummarizeAsync(string roomId)
    {
        var json = redis.AskAsync("room", database => database.StringGetAsync(RedisKeys.Room(roomId)));
        var count = rooms.CountUsersAsync(roomId);
        string? room = await json;
        var users = await count;
        return room is null ? null : new RoomSummary { Room = RoomRecord.Parse(room).ToProto(), UserCount = users };
    }

    /// <summary>Walks the hash in pages, so that a huge room never holds Redis up.</summary>
    private async Task<IReadOnlyCollection<RoomMember>> MembersAsync(string roomId, int maxMembers)
    {
        var members = new Dictionary<string, RoomMember>(StringComparer.Ordinal);
        var cursor = "0";
        do
        {
            var from = cursor;
            var page = (RedisResult[])(await redis.AskAsync("members", database => database.ExecuteAsync(
                "HSCAN", RedisKeys.RoomMembers(roomId), from, "COUNT", Math.Min(maxMembers, 1000))))!;
            cursor = (string)page[0]!;
            var fields = (string[])page[1]!;
            for (var i = 0; i < fields.Length && members.Count < maxMembers; i += 2)
            {
                var record = RoomMemberRecord.Parse(fields[i + 1]);
                members[fields[i]] = new RoomMember
                {
                    UserId = fields[i],
                    UserName = record.Name,
                    Devices = record.Devices,
                    JoinedAt = record.JoinedAt,
                };
            }
        }
        while (cursor != "0" && members.Count < maxMembers);

        return members.Values;
    }
}
