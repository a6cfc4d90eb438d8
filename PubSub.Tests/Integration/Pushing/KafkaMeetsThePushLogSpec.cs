using Confluent.Kafka;
using Microsoft.Extensions.Options;
using PubSub.BizServer.PushLog;
using PubSub.PushManager.Jobs;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Specs;

namespace PubSub.Tests.Integration.Pushing;

/// <summary>The push log on Kafka, with librdkafka's own broker at the other end.</summary>
public sealed class KafkaMeetsThePushLogSpec(KafkaFixture fixture) : PushLogSpec, IClassFixture<KafkaFixture>
{
    private readonly KafkaOptions _reading = new() { Servers = [fixture.Broker.Servers], Topic = fixture.Broker.NewTopic(), Library = fixture.Broker.Library };
    private KafkaClients _clients = null!;

    public override Task InitializeAsync()
    {
        _clients = new KafkaClients(Options.Create(new PushLogOptions
        {
            KafkaServers = _reading.Servers,
            KafkaTopic = _reading.Topic,
            KafkaLibrary = _reading.Library,
            TimeoutMs = 20_000,
        }));
        return base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _clients.Dispose();
    }

    [Fact]
    public async Task The_writer_says_so_when_no_broker_takes_the_job()
    {
        using var lonely = new KafkaClients(Options.Create(new PushLogOptions
        {
            KafkaServers = [$"127.0.0.1:{FreePort.Next()}"],
            KafkaLibrary = _reading.Library,
            TimeoutMs = 500,
        }));

        var refusal = await Assert.ThrowsAsync<PushLogAwayException>(() => new KafkaPushLogWriter(lonely).AppendAsync([Job("room-a", 1)], default));

        Assert.Contains("Try again, with the same ids.", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// Held up for longer than the group waits for it (max.poll.interval.ms; a frozen process is the same to the broker): its
    /// partitions go to another, its late commit is refused, and still it is a member like any other afterwards.
    /// </summary>
    [Fact]
    public async Task A_reader_that_was_held_up_for_longer_than_its_membership_comes_back_and_reads_on()
    {
        var writer = await OpenWriterAsync();
        await writer.AppendAsync([Job("room-a", 1), Job("room-a", 2)], default);
        var heldUp = new KafkaPushLogReader(
            Options.Create(Impatient()), Options.Create(new JobOptions()), TimeProvider.System);
        await using var _ = heldUp;
        var late = await NextAsync(heldUp);

        var other = await OpenReaderAsync();
        var taken = await NextAsync(other);
        Assert.Equal([1, 2], taken.Jobs.Select(job => NumberOf(job.Job!)));
        foreach (var job in late.Jobs)
            job.IsDone = true;
        Assert.False(await heldUp.CommitAsync(late));
        await other.DisposeAsync();

        Assert.Equal([1, 2], (await NextAsync(heldUp)).Jobs.Select(job => NumberOf(job.Job!)));
    }

    private protected override Task<IPushLogWriter> OpenWriterAsync() => Task.FromResult<IPushLogWriter>(new KafkaPushLogWriter(_clients));

    private protected override Task<IPushLogReader> OpenReaderAsync() => Task.FromResult<IPushLogReader>(
        new KafkaPushLogReader(Options.Create(_reading), Options.Create(new JobOptions()), TimeProvider.System));

    private KafkaOptions Impatient() => new()
    {
        Servers = _reading.Servers,
        Topic = _reading.Topic,
        Library = _reading.Library,
        Options = ["max.poll.interval.ms=6000"],
    };

    private protected override IDeadLetters OpenDeadLetters() => new KafkaDeadLetters(_clients);

    private protected override Task KillAsync(IPushLogReader reader) => ((KafkaPushLogReader)reader).DropAsync();

    private protected override Task AppendGarbageAsync(string channel) => _clients.Producer.ProduceAsync(
        _reading.Topic, new Message<string, byte[]> { Key = channel, Value = [1, (byte)' ', (byte)'n', (byte)'o'] });
}
