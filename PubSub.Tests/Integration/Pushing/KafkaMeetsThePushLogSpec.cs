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

    private protected override Task<IPushLogWriter> OpenWriterAsync() => Task.FromResult<IPushLogWriter>(new KafkaPushLogWriter(_clients));

    private protected override Task<IPushLogReader> OpenReaderAsync() => Task.FromResult<IPushLogReader>(
        new KafkaPushLogReader(Options.Create(_reading), Options.Create(new JobOptions()), TimeProvider.System));

    private protected override IDeadLetters OpenDeadLetters() => new KafkaDeadLetters(_clients);

    private protected override Task KillAsync(IPushLogReader reader)
    {
        ((KafkaPushLogReader)reader).Drop();
        return Task.CompletedTask;
    }

    private protected override Task AppendGarbageAsync(string channel) => _clients.Producer.ProduceAsync(
        _reading.Topic, new Message<string, byte[]> { Key = channel, Value = [1, (byte)' ', (byte)'n', (byte)'o'] });
}
