using System.Globalization;
using System.Text;
using Confluent.Kafka;
using PubSub.Protocol.Jobs;

namespace PubSub.BizServer.PushLog;

/// <summary>
/// The dead letters on Kafka: a topic of their own. Nothing is taken out of a topic, so what was replayed is marked by
/// a further record in the same partition.
/// </summary>
internal sealed class KafkaDeadLetters(KafkaClients kafka) : IDeadLetters
{
    private readonly HashSet<(int Partition, string LogId)> _replayed = [];

    private string Topic => PushLogNames.DeadLetters(kafka.Topic);

    public Task<IReadOnlyList<DeadLetter>> ListAsync(int limit, CancellationToken cancellationToken) =>
        Task.Run<IReadOnlyList<DeadLetter>>(() => [.. Guard(() => ReadAll(cancellationToken)).OrderBy(letter => letter.BuriedAt).Take(limit)], cancellationToken);

    public async Task<bool> ReplayAsync(DeadLetter letter, CancellationToken cancellationToken)
    {
        if (!_replayed.Add((letter.Partition, letter.LogId)))
            return false;
        try
        {
            // In this order: one that is replayed twice is recognised by its message id, one that is marked only is lost.
            await kafka.Producer.ProduceAsync(
                kafka.Topic, new Message<string, byte[]> { Key = letter.Job?.Channel ?? "", Value = letter.Bytes }, cancellationToken);
            await kafka.Producer.ProduceAsync(
                new TopicPartition(Topic, letter.Partition),
                new Message<string, byte[]> { Key = "", Value = [], Headers = new Headers { { PushLogNames.ReplayedHeader, Encoding.UTF8.GetBytes(letter.LogId) } } },
                cancellationToken);
            return true;
        }
        catch (KafkaException cause)
        {
            _replayed.Remove((letter.Partition, letter.LogId));
            throw Away(cause);
        }
    }

    private List<DeadLetter> ReadAll(CancellationToken cancellationToken)
    {
        using var consumer = kafka.NewConsumer();
        var ends = FindEnds(consumer);
        consumer.Assign(ends.Keys.Select(partition => new TopicPartitionOffset(partition, Offset.Beginning)));

        var found = new Dictionary<(int, string), DeadLetter>();
        while (ends.Count > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (consumer.Consume(kafka.Timeout * 4) is not { Message: not null } record)
                throw new KafkaException(ErrorCode.Local_TimedOut);
            Take(record, found);
            if (ends.TryGetValue(record.TopicPartition, out var end) && record.Offset + 1 >= end)
                ends.Remove(record.TopicPartition);
        }

        return [.. found.Values];
    }

    /// <summary>The partitions that hold anything, each with the offset behind its last record.</summary>
    private Dictionary<TopicPartition, Offset> FindEnds(IConsumer<string, byte[]> consumer)
    {
        using var admin = new DependentAdminClientBuilder(consumer.Handle).Build();
        var topic = admin.GetMetadata(Topic, kafka.Timeout * 4).Topics.Single();
        var ends = new Dictionary<TopicPartition, Offset>();
        foreach (var partition in topic.Partitions.Select(one => new TopicPartition(Topic, one.PartitionId)))
        {
            var marks = consumer.QueryWatermarkOffsets(partition, kafka.Timeout * 4);
            if (marks.High > marks.Low)
                ends[partition] = marks.High;
        }

        return ends;
    }

    private static void Take(ConsumeResult<string, byte[]> record, Dictionary<(int, string), DeadLetter> found)
    {
        var partition = record.Partition.Value;
        if (record.Message.Headers.TryGetLastBytes(PushLogNames.ReplayedHeader, out var replayed))
        {
            found.Remove((partition, Encoding.UTF8.GetString(replayed)));
            return;
        }

        var id = record.Offset.Value.ToString(CultureInfo.InvariantCulture);
        var reason = record.Message.Headers.TryGetLastBytes(PushLogNames.ReasonHeader, out var text) ? Encoding.UTF8.GetString(text) : "";
        found[(partition, id)] = new DeadLetter(
            partition, id, record.Message.Timestamp.UtcDateTime, reason, DeadLetter.ReadJob(record.Message.Value))
        {
            Bytes = record.Message.Value,
        };
    }

    private static T Guard<T>(Func<T> call)
    {
        try
        {
            return call();
        }
        catch (KafkaException cause)
        {
            throw Away(cause);
        }
    }

    private static PushLogAwayException Away(KafkaException cause) => new($"the dead letters (Kafka) cannot be reached: {cause.Message}", cause);
}
