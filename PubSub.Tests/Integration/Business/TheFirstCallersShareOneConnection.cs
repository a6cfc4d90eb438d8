using PubSub.BizServer.PushLog;
using PubSub.Tests.Infrastructure;
using StackExchange.Redis;

namespace PubSub.Tests.Integration.Business;

[Collection(SharedRedis.Name)]
public sealed class TheFirstCallersShareOneConnection(RedisFixture fixture)
{
    private readonly PushLogOptions _options = new() { Redis = fixture.Redis.Endpoint };

    [Fact]
    public async Task They_wait_for_it_without_a_thread_and_it_is_made_once()
    {
        var made = 0;
        var mayConnect = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var redis = new RedisConnection(_options, async settings =>
        {
            Interlocked.Increment(ref made);
            await mayConnect.Task;
            return await ConnectionMultiplexer.ConnectAsync(settings);
        });

        // One thread for all of them: a call that held it would be the only one.
        var begun = Task.Run(() => Enumerable.Range(0, 100).Select(_ => PingAsync(redis, new ManualTime())).ToList());
        await Wait.ForAsync(begun, "all callers to have called");
        var callers = await begun;
        Assert.All(callers, caller => Assert.False(caller.IsCompleted));

        mayConnect.SetResult();
        Assert.All(await Wait.ForAsync(Task.WhenAll(callers), "the answers"), answer => Assert.Equal("PONG", answer));
        Assert.Equal(1, made);
    }

    [Fact]
    public async Task One_that_could_not_be_made_is_made_anew_for_the_next()
    {
        var made = 0;
        using var redis = new RedisConnection(_options, async settings => ++made == 1
            ? throw new TimeoutException("not yet")
            : await ConnectionMultiplexer.ConnectAsync(settings));

        await Assert.ThrowsAsync<PushLogAwayException>(() => PingAsync(redis, TimeProvider.System));

        Assert.Equal("PONG", await PingAsync(redis, TimeProvider.System));
        Assert.Equal("PONG", await PingAsync(redis, TimeProvider.System));
        Assert.Equal(2, made);
    }

    [Fact]
    public async Task One_that_takes_too_long_is_a_push_log_that_is_away()
    {
        var time = new ManualTime();
        var never = new TaskCompletionSource<IConnectionMultiplexer>();
        using var redis = new RedisConnection(_options, _ => never.Task);
        var caller = PingAsync(redis, time);
        Assert.False(caller.IsCompleted);

        time.Advance(_options.Timeout);

        await Assert.ThrowsAsync<PushLogAwayException>(() => Wait.ForAsync(caller, "the caller to be told"));
    }

    private static async Task<string?> PingAsync(RedisConnection redis, TimeProvider time) =>
        (string?)await redis.CallAsync(database => database.ExecuteAsync("PING"), time, CancellationToken.None);
}
