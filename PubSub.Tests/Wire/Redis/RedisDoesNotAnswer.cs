using PubSub.Tests.Infrastructure;
using StackExchange.Redis;

namespace PubSub.Tests.Wire.Redis;

public sealed class RedisDoesNotAnswer : IAsyncLifetime
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);

    private RedisProcess _redis = null!;
    private ConnectionMultiplexer _connection = null!;
    private IDatabase _database = null!;

    public async Task InitializeAsync()
    {
        _redis = await RedisProcess.StartAsync(new RedisProcessOptions { MoreArguments = ["--lua-time-limit", "200"] });
        _connection = await RecommendedRedis.ConnectAsync(_redis.Endpoint);
        _database = _connection.GetDatabase();
    }

    [Fact]
    public async Task A_script_that_never_ends_holds_its_connection_shows_as_busy_to_others_and_can_be_ended()
    {
        using var other = await RecommendedRedis.ConnectAsync(_redis.Endpoint);
        var before = await ClientIdAsync();
        var runaway = _database.ScriptEvaluateAsync("while true do end");
        var behind = _database.StringGetAsync("any");
        await Wait.UntilAsync(IsBusyAsync, "Redis to call itself busy");

        var busy = await Assert.ThrowsAsync<RedisServerException>(
            () => other.GetDatabase().StringGetAsync("any").WaitAsync(Wait.Patience));
        Assert.StartsWith("BUSY", busy.Message, StringComparison.Ordinal);
        Assert.False(behind.IsCompleted);

        await _redis.CommandAsync("SCRIPT", "KILL");
        var killed = await Assert.ThrowsAsync<RedisServerException>(() => Wait.ForAsync(runaway, "the killed script"));
        Assert.Contains("kill", killed.Message, StringComparison.OrdinalIgnoreCase);
        await Wait.ForAsync(behind, "the call behind the script");
        Assert.Equal(before, await ClientIdAsync());
    }

    [Fact]
    public async Task A_frozen_server_is_bounded_by_the_callers_deadline_and_the_connection_outlives_it()
    {
        var before = await ClientIdAsync();
        _redis.Pause();

        // 1.2.6 has no time-out for asynchronous calls: without a deadline of ours this would wait for ever.
        var call = _database.StringSetAsync("late", "but there");
        await Assert.ThrowsAsync<TimeoutException>(() => call.WaitAsync(Short));
        Assert.False(call.IsCompleted);

        _redis.Resume();
        Assert.True(await Wait.ForAsync(call, "the answer after the freeze"));
        Assert.Equal(before, await ClientIdAsync());
    }

    [Fact]
    public async Task A_synchronous_call_to_a_frozen_server_times_out_and_says_which()
    {
        var options = RecommendedRedis.Options(_redis.Endpoint);
        options.SyncTimeout = (int)Short.TotalMilliseconds;
        using var connection = await ConnectionMultiplexer.ConnectAsync(options);
        _redis.Pause();

        var timeout = await Assert.ThrowsAnyAsync<TimeoutException>(
            () => Task.Run(() => connection.GetDatabase().StringGet("some-key")));

        Assert.Contains("GET some-key", timeout.Message, StringComparison.Ordinal);
        _redis.Resume();
    }

    [Fact]
    public async Task A_connection_given_up_ends_its_calls_and_a_new_one_serves()
    {
        _redis.Pause();
        var call = _database.StringGetAsync("any");

        // What to do about a server that vanished without closing: 1.2.6 would stay with the dead socket.
        await Task.Run(() => _connection.Dispose());
        var end = await Assert.ThrowsAnyAsync<Exception>(() => Wait.ForAsync(call, "the call to end with its connection"));
        // The older client says that the connection is gone, the newer one cancels.
        Assert.True(end is RedisConnectionException or TaskCanceledException, end.ToString());

        using var successor = await RecommendedRedis.ConnectAsync(_redis.Endpoint);
        _redis.Resume();
        await Wait.UntilAsync(successor.ServesAsync, "the new connection to serve");
    }

    public async Task DisposeAsync()
    {
        _connection.Dispose();
        await _redis.DisposeAsync();
    }

    private async Task<long> ClientIdAsync() =>
        (long)await _database.ExecuteAsync("CLIENT", "ID").WaitAsync(Wait.Patience);

    private async Task<bool> IsBusyAsync()
    {
        try
        {
            await _redis.CommandAsync("PING");
            return false;
        }
        catch (RespErrorException e) when (e.Message.StartsWith("BUSY", StringComparison.Ordinal))
        {
            return true;
        }
    }
}
