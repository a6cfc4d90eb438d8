using System.Diagnostics;
using System.Security.Cryptography;
using PubSub.Tests.Infrastructure;
using StackExchange.Redis;
using Xunit.Abstractions;

namespace PubSub.Tests.Wire.Redis;

[Collection(SharedRedis.Name)]
public sealed class RepliesOfRedis(RedisFixture fixture, ITestOutputHelper output) : IAsyncLifetime
{
    private readonly string _prefix = fixture.NewPrefix();
    private ConnectionMultiplexer _connection = null!;
    private IDatabase _database = null!;

    public async Task InitializeAsync()
    {
        _connection = await RecommendedRedis.ConnectAsync(fixture.Redis.Endpoint);
        _database = _connection.GetDatabase();
    }

    [Fact]
    public async Task Fifty_megabytes_arrive_as_they_were_sent()
    {
        var sent = RandomNumberGenerator.GetBytes(50_000_000);
        await _database.StringSetAsync(_prefix + "large", sent).WaitAsync(Wait.Patience);

        var received = (byte[]?)await _database.StringGetAsync(_prefix + "large").WaitAsync(Wait.Patience);

        Assert.True(sent.AsSpan().SequenceEqual(received));
    }

    [Fact]
    public async Task Half_a_million_items_arrive_in_order()
    {
        const int count = 500_000;
        foreach (var some in Enumerable.Range(1, count).Chunk(50_000))
            await _database.ListRightPushAsync(_prefix + "list", [.. some.Select(item => (RedisValue)item)]);

        var items = await _database.ListRangeAsync(_prefix + "list").WaitAsync(Wait.Patience);

        Assert.Equal(Enumerable.Range(1, count), items.Select(item => (int)item));
    }

    [Fact]
    public async Task Many_callers_on_one_connection_each_get_their_own_answers()
    {
        const int callers = 32;
        const int each = 2000;
        var watch = Stopwatch.StartNew();

        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            RedisKey[] counter = [$"{_prefix}counter:{caller}"];
            for (var i = 1; i <= each; i++)
                Assert.Equal(i, (int)await _database.EvaluateAsync("return redis.call('incr', KEYS[1])", counter));
        })));

        output.WriteLine($"{callers} callers: {callers * each / watch.Elapsed.TotalSeconds:0} script calls per second");
    }

    [Fact]
    public async Task A_script_that_the_server_forgot_runs_exactly_once()
    {
        const string script = "return redis.call('incr', KEYS[1])";
        RedisKey[] counter = [_prefix + "forgotten"];
        Assert.Equal(1, (int)await _database.EvaluateAsync(script, counter));

        await fixture.Redis.CommandAsync("SCRIPT", "FLUSH");

        Assert.Equal(2, (int)await _database.EvaluateAsync(script, counter));
    }

    [Fact]
    public async Task An_error_of_a_script_keeps_its_text()
    {
        var failure = await Assert.ThrowsAsync<RedisServerException>(
            () => _database.EvaluateAsync("return redis.error_reply('EPOCH is another one')", [_prefix + "any"]));

        Assert.Equal("EPOCH is another one", failure.Message);
    }

    [Fact]
    public async Task Nothing_numbers_text_and_lists_of_a_script_keep_their_shape()
    {
        var reply = (RedisResult[])(await _database.EvaluateAsync("return {1, 'two', {'three'}, false}", [_prefix + "any"]))!;

        Assert.Equal(1, (long)reply[0]);
        Assert.Equal("two", (string?)reply[1]);
        Assert.Equal("three", (string?)Assert.Single((RedisResult[])reply[2]!));
        Assert.True(reply[3].IsNull);
    }

    public Task DisposeAsync()
    {
        _connection.Dispose();
        return Task.CompletedTask;
    }
}
