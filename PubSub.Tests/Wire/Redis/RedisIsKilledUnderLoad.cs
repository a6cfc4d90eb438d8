using PubSub.Tests.Infrastructure;
using StackExchange.Redis;

namespace PubSub.Tests.Wire.Redis;

public sealed class RedisIsKilledUnderLoad
{
    private const int Plenty = 1000;

    [Fact]
    public async Task Calls_fail_at_once_while_it_is_away_then_succeed_again_and_no_acknowledged_write_is_lost()
    {
        await using var redis = await RedisProcess.StartAsync(new RedisProcessOptions { AppendOnly = true });
        using var connection = await RecommendedRedis.ConnectAsync(redis.Endpoint);
        await using var load = new WriteLoad(connection.GetDatabase());
        await AcknowledgedAsync(load, Plenty);

        redis.Kill();
        await Wait.UntilAsync(() => load.Failures.Count >= Plenty, $"{Plenty} refused calls");
        var acknowledged = load.Acknowledged.Count;
        await redis.RestartAsync();
        await AcknowledgedAsync(load, acknowledged + Plenty);
        await load.StopAsync();

        // A TimeoutException would mean that the caller's deadline had to end a call that the client kept.
        Assert.All(load.Failures, failure => Assert.True(SaysAway(failure), failure.ToString()));
        Assert.Empty(await MissingAsync(redis, load.Acknowledged));
    }

    [Fact]
    public async Task Without_the_append_only_file_the_same_kill_loses_writes()
    {
        await using var redis = await RedisProcess.StartAsync();
        using var connection = await RecommendedRedis.ConnectAsync(redis.Endpoint);
        await using var load = new WriteLoad(connection.GetDatabase());
        await AcknowledgedAsync(load, Plenty);

        redis.Kill();
        await redis.RestartAsync();
        await load.StopAsync();

        Assert.NotEmpty(await MissingAsync(redis, load.Acknowledged));
    }

    [Fact]
    public async Task A_connection_made_before_redis_is_there_serves_once_it_is()
    {
        await using var redis = await RedisProcess.StartAsync();
        redis.Kill();
        using var connection = await RecommendedRedis.ConnectAsync(redis.Endpoint);
        await Assert.ThrowsAsync<RedisConnectionException>(() => connection.GetDatabase().PingAsync());

        await redis.RestartAsync();

        await Wait.UntilAsync(connection.ServesAsync, "the client to find Redis");
    }

    private static bool SaysAway(Exception failure) =>
        failure is RedisConnectionException
        || (failure is RedisServerException && failure.Message.StartsWith("LOADING", StringComparison.Ordinal));

    private static Task AcknowledgedAsync(WriteLoad load, int count) =>
        Wait.UntilAsync(() => load.Acknowledged.Count >= count, $"{count} acknowledged writes");

    private static async Task<IReadOnlyList<string>> MissingAsync(RedisProcess redis, IReadOnlyCollection<string> keys)
    {
        using var witness = await RespConnection.OpenAsync(redis.Port);
        var missing = new List<string>();
        foreach (var some in keys.Chunk(1000))
        {
            var values = (object?[])(await witness.CommandAsync(["MGET", .. some]))!;
            missing.AddRange(some.Where((_, i) => values[i] is null));
        }

        return missing;
    }
}
