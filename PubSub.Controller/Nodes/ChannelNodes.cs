using PubSub.Controller.Redis;
using PubSub.Controller.Rooms;
using PubSub.Protocol.Channels;
using StackExchange.Redis;

namespace PubSub.Controller.Nodes;

/// <summary>
/// Which nodes hold subscribers of a channel. Read from Redis for each question, all channels of one question in one
/// round trip: an answer out of a cache could miss a node that has joined before the push was accepted.
/// </summary>
internal sealed class ChannelNodes(RedisStore redis)
{
    public async Task<IReadOnlyList<Protocol.ChannelNodes>> ResolveAsync(IReadOnlyList<ChannelId> channels) =>
        await Task.WhenAll(channels.Select(ResolveAsync));

    private Task<Protocol.ChannelNodes> ResolveAsync(ChannelId channel) => channel.Kind switch
    {
        ChannelKind.Room => ResolveRoomAsync(channel),
        ChannelKind.User => ResolveUserAsync(channel),
        _ => ResolveAllAsync(channel),
    };

    private async Task<Protocol.ChannelNodes> ResolveRoomAsync(ChannelId channel)
    {
        var room = redis.AskAsync("resolve", database => database.StringGetAsync(RedisKeys.Room(channel.Id)));
        var nodes = redis.AskAsync("resolve", database => database.HashKeysAsync(RedisKeys.RoomNodes(channel.Id)));
        var answer = Answer(channel, await nodes);
        string? json = await room;
        answer.RoomExists = json is not null;
        if (json is not null)
        {
            var record = RoomRecord.Parse(json);
            answer.Log = record.Log.ToProto();
            answer.SlowReaders = record.SlowReaders;
        }

        return answer;
    }

    private async Task<Protocol.ChannelNodes> ResolveUserAsync(ChannelId channel) =>
        Answer(channel, await redis.AskAsync("resolve", database => database.HashKeysAsync(RedisKeys.UserNodes(channel.Id))));

    private async Task<Protocol.ChannelNodes> ResolveAllAsync(ChannelId channel)
    {
        var nodes = await redis.AskAsync("resolve", database => database.HashValuesAsync(RedisKeys.Nodes));
        return Answer(channel, [.. nodes.Select(json => (RedisValue)NodeRegistration.Parse(json!).Key.Text)]);
    }

    /// <summary>Two stays of one life of a node, the former of which is still being removed, are one node to the caller.</summary>
    private static Protocol.ChannelNodes Answer(ChannelId channel, RedisValue[] keys)
    {
        var answer = new Protocol.ChannelNodes { Channel = channel.Text };
        answer.Nodes.AddRange(keys
            .Select(key => new RegistrationKey(key!).ToProto())
            .Distinct()
            .OrderBy(node => node.NodeId, StringComparer.Ordinal)
            .ThenBy(node => node.Incarnation));
        return answer;
    }
}
