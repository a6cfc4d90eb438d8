using Confluent.Kafka;
using Google.Protobuf;
using PubSub.Protocol;
using PubSub.ServiceDefaults;

namespace PubSub.BizServer.PushLog;

/// <summary>The push log on Kafka: keyed by channel, so that a room's jobs are in one partition, and acknowledged by all replicas.</summary>
internal sealed class KafkaPushLogWriter(KafkaClients kafka) : IPushLogWriter
{
    public async Task AppendAsync(IReadOnlyList<PushJob> jobs, CancellationToken cancellationToken)
    {
        try
        {
            // In the producer's queue in their order before the first is waited for; the idempotent producer keeps it.
            var appends = jobs.Select(job => kafka.Producer.ProduceAsync(
                kafka.Topic, new Message<string, byte[]> { Key = job.Channel, Value = job.ToByteArray() }, CancellationToken.None)).ToList();
            await Task.WhenAll(appends).WaitAsync(kafka.Timeout * 2, cancellationToken);
        }
        catch (Exception cause) when (cause is KafkaException or TimeoutException)
        {
            throw new PushLogAwayException($"the push log (Kafka) did not take it: {cause.Message}. Try again, with the same ids.", cause);
        }
    }

    public Task<LogDurability> CheckDurabilityAsync(CancellationToken cancellationToken) => Task.FromResult(new LogDurability(
        true, $"Kafka, acks=all: every in-sync replica of {kafka.Topic} has what was answered with 202. See that its min.insync.replicas is 2 or more."));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
