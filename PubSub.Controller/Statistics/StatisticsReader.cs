using PubSub.Controller.Nodes;
using PubSub.Controller.Redis;

namespace PubSub.Controller.Statistics;

/// <summary>How much there is of everything. Each figure is a length that Redis keeps anyway: nothing is walked.</summary>
internal sealed class StatisticsReader(RedisStore redis, NodeStore nodes)
{
    public async Task<StatisticsSnapshot> ReadAsync()
    {
        var rooms = redis.AskAsync("count", database => database.SortedSetLengthAsync(RedisKeys.Rooms));
        var users = redis.AskAsync("count", database => database.SortedSetLengthAsync(RedisKeys.Users));
        var connections = nodes.CountConnectionsAsync();
        var registered = await nodes.ListAsync();
        var sessions = await Task.WhenAll(registered.Select(node => nodes.CountSessionsAsync(node.Key)));
        return new StatisticsSnapshot(await rooms, await users, sessions.Sum(), registered.Count, await connections);
    }
}

internal sealed record StatisticsSnapshot(long Rooms, long Users, long Sessions, long Nodes, long Connections)
{
    public static readonly StatisticsSnapshot Empty = new(0, 0, 0, 0, 0);
}
