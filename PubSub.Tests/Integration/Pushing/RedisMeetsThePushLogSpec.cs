using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using PubSub.BizServer.PushLog;
using PubSub.Protocol.Jobs;
using PubSub.PushManager.Jobs;
using PubSub.PushManager.Log;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Specs;
using StackExchange.Redis;

namespace PubSub.Tests.Integration.Pushing;

/// <summary>The push log on Redis Streams, on a Redis that no other test writes jobs to.</summary>
public sealed class RedisMeetsThePushLogSpec(RedisFixture fixture) : PushLogSpec, IClassFixture<RedisFixture>
{
    /// <summary>Milliseconds. A worker tries again where Redis is late; these tests read once, on a machine that may be busy.</summary>
    private const int Patient = 20_000;

    private readonly IOptions<PushLogOptions> _writing = Options.Create(new PushLogOptions { Redis = fixture.Redis.Endpoint, TimeoutMs = Patient });
    private readonly Dictionary<IPushLogReader, ConnectionMultiplexer> _connections = [];
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private BizServer.PushLog.RedisConnection _redis = null!;

    public override async Task InitializeAsync()
    {
        await fixture.Redis.CommandAsync("FLUSHALL");
        _redis = new BizServer.PushLog.RedisConnection(_writing);
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _redis.Dispose();
        await _services.DisposeAsync();
        foreach (var connection in _connections.Values)
            connection.Dispose();
    }

    [Fact]
    public async Task A_reader_that_lost_its_partition_commits_nothing()
    {
        await AppendAsync(1);
        var frozen = await OpenAsync();
        var batch = await NextAsync(frozen);
        await fixture.Redis.CommandAsync("SET", $"{{push-log:{batch.Partition}}}:owner", "somebody else");

        batch.Jobs[0].IsDone = true;
        Assert.False(await frozen.CommitAsync(batch));

        Assert.Equal(1L, await fixture.Redis.CommandAsync("XLEN", PushLogNames.Jobs(batch.Partition)));
    }

    [Fact]
    public async Task The_writer_says_whether_the_log_is_on_disk()
    {
        var writer = await OpenWriterAsync();

        await fixture.Redis.CommandAsync("CONFIG", "SET", "appendonly", "yes");
        Assert.True((await writer.CheckDurabilityAsync(default)).IsFull);
        await fixture.Redis.CommandAsync("CONFIG", "SET", "appendfsync", "everysec");
        var weaker = await writer.CheckDurabilityAsync(default);
        await fixture.Redis.CommandAsync("CONFIG", "SET", "appendonly", "no");
        var weakest = await writer.CheckDurabilityAsync(default);
        await fixture.Redis.CommandAsync("CONFIG", "SET", "appendfsync", "always");

        Assert.False(weaker.IsFull);
        Assert.Contains("appendfsync everysec", weaker.Description, StringComparison.Ordinal);
        Assert.False(weakest.IsFull);
        Assert.Contains("appendonly no", weakest.Description, StringComparison.Ordinal);
    }

    private protected override Task<IPushLogWriter> OpenWriterAsync() =>
        Task.FromResult<IPushLogWriter>(new RedisPushLogWriter(_redis, TimeProvider.System));

    private protected override async Task<IPushLogReader> OpenReaderAsync()
    {
        var connection = await ConnectionMultiplexer.ConnectAsync(fixture.Redis.Endpoint);
        var log = new ChannelLog(
            connection, Options.Create(new RedisOptions { TimeoutMs = Patient }), Options.Create(new ChannelLogOptions()), TimeProvider.System,
            NullLogger<ChannelLog>.Instance);
        var wakeUps = new JobWakeUps(connection, TimeProvider.System);
        wakeUps.Start();
        var reader = new RedisPushLogReader(
            log, wakeUps, Options.Create(new JobOptions { LeaseMs = 1000 }), TimeProvider.System,
            new JobMetrics(_services.GetRequiredService<IMeterFactory>()), NullLoggerFactory.Instance);
        _connections[reader] = connection;
        return reader;
    }

    private protected override IDeadLetters OpenDeadLetters() => new RedisDeadLetters(_redis, TimeProvider.System);

    private protected override Task KillAsync(IPushLogReader reader)
    {
        _connections[reader].Dispose();
        return Task.CompletedTask;
    }

    private protected override Task AppendGarbageAsync(string channel) => fixture.Redis.CommandAsync(
        "XADD", PushLogNames.Jobs(PushLogNames.PartitionOf(channel)), "*", PushLogNames.JobField, "\u0001 no job");

    private Task AppendAsync(int number) => new RedisPushLogWriter(_redis, TimeProvider.System).AppendAsync([Job("room-a", number)], default);
}
