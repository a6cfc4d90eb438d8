using PubSub.Tests.Infrastructure;
using StackExchange.Redis;

namespace PubSub.Tests.Wire.Redis;

/// <summary>1.2.6 knows no streams, so they are spoken to by name; this is what comes back.</summary>
[Collection(SharedRedis.Name)]
public sealed class StreamsByPlainCommands(RedisFixture fixture) : IAsyncLifetime
{
    private readonly RedisKey _stream = fixture.NewPrefix() + "stream";
    private ConnectionMultiplexer _connection = null!;
    private IDatabase _database = null!;

    public async Task InitializeAsync()
    {
        _connection = await RecommendedRedis.ConnectAsync(fixture.Redis.Endpoint);
        _database = _connection.GetDatabase();
        await _database.ExecuteAsync("XGROUP", "CREATE", _stream, "workers", "0", "MKSTREAM");
    }

    [Fact]
    public async Task A_range_is_a_list_of_id_and_fields()
    {
        var id = (string)(await _database.ExecuteAsync("XADD", _stream, "*", "job", "one"))!;

        var entry = (RedisResult[])Assert.Single((RedisResult[])(await _database.ExecuteAsync("XRANGE", _stream, "-", "+"))!)!;

        Assert.Equal(id, (string?)entry[0]);
        Assert.Equal(["job", "one"], (string[])entry[1]!);
    }

    [Fact]
    public async Task A_group_reads_each_entry_once_and_nothing_is_null()
    {
        var id = (string)(await _database.ExecuteAsync("XADD", _stream, "*", "job", "one"))!;

        var first = await ReadAsync();
        var second = await ReadAsync();

        // A list of streams; from the newer client, which speaks RESP3, a map that it hands over flat.
        var streams = (RedisResult[])first!;
        var stream = streams.Length == 1 ? (RedisResult[])streams[0]! : streams;
        Assert.Equal(2, stream.Length);
        Assert.Equal((string)_stream!, (string?)stream[0]);
        var entry = (RedisResult[])Assert.Single((RedisResult[])stream[1]!)!;
        Assert.Equal(id, (string?)entry[0]);
        Assert.True(second.IsNull);
    }

    [Fact]
    public async Task What_a_worker_left_unacknowledged_is_claimed_by_the_next()
    {
        var id = (string)(await _database.ExecuteAsync("XADD", _stream, "*", "job", "one"))!;
        await ReadAsync();

        var claimed = (RedisResult[])(await _database.ExecuteAsync("XAUTOCLAIM", _stream, "workers", "other", "0", "0"))!;

        Assert.Equal("0-0", (string?)claimed[0]);
        var entry = (RedisResult[])Assert.Single((RedisResult[])claimed[1]!)!;
        Assert.Equal(id, (string?)entry[0]);
        Assert.Equal(1, (long)await _database.ExecuteAsync("XACK", _stream, "workers", id));
    }

    [Fact]
    public async Task A_group_made_twice_is_refused_by_name()
    {
        var failure = await Assert.ThrowsAsync<RedisServerException>(
            () => _database.ExecuteAsync("XGROUP", "CREATE", _stream, "workers", "0"));

        Assert.StartsWith("BUSYGROUP", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Through_a_script_the_shape_is_the_same()
    {
        var id = (string)(await _database.ExecuteAsync("XADD", _stream, "*", "job", "one"))!;

        var reply = (RedisResult[])(await _database.EvaluateAsync("return redis.call('xrange', KEYS[1], '-', '+')", [_stream]))!;

        var entry = (RedisResult[])Assert.Single(reply)!;
        Assert.Equal(id, (string?)entry[0]);
        Assert.Equal(["job", "one"], (string[])entry[1]!);
    }

    public Task DisposeAsync()
    {
        _connection.Dispose();
        return Task.CompletedTask;
    }

    private Task<RedisResult> ReadAsync() =>
        _database.ExecuteAsync("XREADGROUP", "GROUP", "workers", "one", "COUNT", "10", "STREAMS", _stream, ">");
}
