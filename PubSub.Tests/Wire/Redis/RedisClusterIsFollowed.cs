using PubSub.Tests.Infrastructure;
using StackExchange.Redis;

namespace PubSub.Tests.Wire.Redis;

public sealed class RedisClusterIsFollowed : IAsyncLifetime
{
    private const string ReadIt = "return redis.call('get', KEYS[1])";

    private RedisCluster _cluster = null!;
    private ConnectionMultiplexer _connection = null!;
    private IDatabase _database = null!;

    public async Task InitializeAsync()
    {
        _cluster = await RedisCluster.StartAsync();
        _connection = await RecommendedRedis.ConnectAsync(_cluster.Nodes[0].Endpoint);
        _database = _connection.GetDatabase();
        // The client answers as soon as it has one of them, and connects to the others meanwhile.
        await Wait.UntilAsync(
            () => _connection.GetEndPoints() is { Length: var known } endpoints && known == _cluster.Nodes.Count
                && endpoints.All(endpoint => _connection.GetServer(endpoint).IsConnected),
            "connections to all nodes of the cluster");
    }

    [Fact]
    public async Task One_endpoint_is_enough_to_reach_the_keys_of_all_nodes()
    {
        var owners = new HashSet<RedisProcess>();
        for (var room = 0; owners.Count < _cluster.Nodes.Count; room++)
        {
            var key = $"{{room:r{room}}}:log";
            await _database.StringSetAsync(key, room);
            var owner = await _cluster.OwnerOfAsync(key);
            Assert.Equal($"{room}", await owner.CommandAsync("GET", key));
            Assert.Equal(room, (int)await _database.EvaluateAsync(ReadIt, [key]));
            Assert.Equal(room, (int)await _database.ExecuteAsync("GET", (RedisKey)key));
            owners.Add(owner);
        }
    }

    [Fact]
    public async Task Keys_of_one_room_lie_together_and_others_are_refused_in_one_script()
    {
        await _database.EvaluateAsync("return 1", ["room:r1", "{room:r1}:log", "{room:r1}:members"]);

        var failure = await Assert.ThrowsAsync<RedisCommandException>(
            () => _database.EvaluateAsync("return 1", ["room:r1", "room:r2"]));

        Assert.Contains("single slot", failure.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_slot_is_followed_while_it_moves_and_when_it_has_moved()
    {
        const string key = "{room:moving}:log";
        await _database.StringSetAsync(key, "1");
        var from = await _cluster.OwnerOfAsync(key);
        var to = _cluster.Nodes.First(node => node != from);
        var slot = $"{await from.CommandAsync("CLUSTER", "KEYSLOT", key)}";
        var (fromId, toId) = (await IdAsync(from), await IdAsync(to));

        await to.CommandAsync("CLUSTER", "SETSLOT", slot, "IMPORTING", fromId);
        await from.CommandAsync("CLUSTER", "SETSLOT", slot, "MIGRATING", toId);
        await from.CommandAsync("MIGRATE", "127.0.0.1", $"{to.Port}", key, "0", "2000");
        await AssertReadableAsync(key); // The old owner answers ASK.

        foreach (var node in _cluster.Nodes)
            await node.CommandAsync("CLUSTER", "SETSLOT", slot, "NODE", toId);
        await AssertReadableAsync(key); // The old owner answers MOVED.
        await _database.StringSetAsync(key, "2");
        Assert.Equal("2", await to.CommandAsync("GET", key));
    }

    [Fact]
    public async Task A_node_that_was_away_serves_its_keys_again()
    {
        const string key = "{room:away}:log";
        var owner = await _cluster.OwnerOfAsync(key);
        owner.Kill();
        await Assert.ThrowsAnyAsync<RedisException>(() => _database.StringSetAsync(key, "1").WaitAsync(RecommendedRedis.CallDeadline));

        await owner.RestartAsync();

        await Wait.UntilAsync(() => CanSetAsync(key), "the owner of the key to serve again");
    }

    public async Task DisposeAsync()
    {
        _connection.Dispose();
        await _cluster.DisposeAsync();
    }

    private async Task AssertReadableAsync(string key)
    {
        Assert.Equal("1", (string?)await _database.StringGetAsync(key));
        Assert.Equal("1", (string?)await _database.EvaluateAsync(ReadIt, [key]));
        Assert.Equal("1", (string?)await _database.ExecuteAsync("GET", (RedisKey)key));
    }

    private async Task<bool> CanSetAsync(string key)
    {
        try
        {
            return await _database.StringSetAsync(key, "1").WaitAsync(RecommendedRedis.CallDeadline);
        }
        catch (RedisException)
        {
            return false;
        }
    }

    private static async Task<string> IdAsync(RedisProcess node) => (string)(await node.CommandAsync("CLUSTER", "MYID"))!;
}
