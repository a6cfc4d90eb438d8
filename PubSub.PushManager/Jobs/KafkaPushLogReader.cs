using System.Text;
using Confluent.Kafka;
using Microsoft.Extensions.Options;
using PubSub.Protocol.Jobs;
using PubSub.PushManager.Upstreams;
using PubSub.ServiceDefaults;

namespace PubSub.PushManager.Jobs;

/// <summary>Reads the push log from Kafka: one consumer of the group, with cooperative rebalances and commits of its own.</summary>
/// <remarks>
/// Rebalances happen inside Consume, so between two batches and never under one. A batch that takes longer than Kafka's
/// max.poll.interval.ms (an outage) costs the consumer its partitions; their next owner publishes the same jobs under
/// the same ids, and our late commit is refused.
/// </remarks>
internal sealed class KafkaPushLogReader : IPushLogReader
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    // Brokers refuse less, unless they are told otherwise.
    private const int ShortestSessionMs = 6000;

    private readonly KafkaOptions _options;
    private readonly int _batch;
    private readonly TimeProvider _time;
    private readonly IConsumer<string, byte[]> _consumer;
    private readonly Lazy<IProducer<string, byte[]>> _producer;
    private readonly KafkaBacklog _backlog;

    // Where the next commit of a partition starts that was not taken yet.
    private readonly Dictionary<TopicPartition, Offset> _due = [];

    // The batch that is out, in the order of each partition.
    private List<(ConsumeResult<string, byte[]> Record, LoggedJob Job)> _open = [];
    private long _oldestMs;
    private volatile bool _isClosed;

    public KafkaPushLogReader(IOptions<KafkaOptions> kafka, IOptions<JobOptions> jobs, TimeProvider time)
    {
        _options = kafka.Value;
        _batch = jobs.Value.Batch;
        _time = time;
        var session = Math.Max(ShortestSessionMs, jobs.Value.LeaseMs);
        var config = _options.Complete(new ConsumerConfig
        {
            GroupId = PushLogNames.Group,
            EnableAutoCommit = false,
            EnableAutoOffsetStore = false,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky,
            SessionTimeoutMs = session,
            HeartbeatIntervalMs = session / 4,
        });
        _consumer = KafkaLibrary.Use(_options.Library, () => new ConsumerBuilder<string, byte[]>(config)
            .SetLogHandler(static (_, _) => { })
            .SetErrorHandler(static (_, _) => { })
            .SetPartitionsRevokedHandler((_, gone) => Forget(gone))
            .SetPartitionsLostHandler((_, gone) => Forget(gone))
            .Build());
        _producer = new Lazy<IProducer<string, byte[]>>(NewProducer);
        _consumer.Subscribe(_options.Topic);
        _backlog = new KafkaBacklog(_consumer, time);
    }

    public JobBacklog Backlog
    {
        get
        {
            if (_isClosed)
                return default;
            var oldest = Volatile.Read(ref _oldestMs);
            var age = oldest == 0 ? TimeSpan.Zero : _time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(oldest);
            return new JobBacklog(_backlog.Jobs, age, _consumer.Assignment.Count);
        }
    }

    public Task<JobBatch> ReadAsync(CancellationToken cancellationToken) => Task.Run(Read, cancellationToken);

    public Task<bool> CommitAsync(JobBatch batch) => Task.Run(() =>
    {
        foreach (var partition in _open.GroupBy(one => one.Record.TopicPartition))
        {
            var done = partition.TakeWhile(one => one.Job.IsDone).ToList();
            if (done.Count > 0)
                _due[partition.Key] = done[^1].Record.Offset + 1;
        }

        Rewind();
        try
        {
            CommitDue();
            return true;
        }
        catch (KafkaException refused) when (IsOutOfStep(refused))
        {
            return false;
        }
        catch (KafkaException cause)
        {
            throw new UpstreamAwayException($"the push log (Kafka) took no commit: {cause.Message}", cause);
        }
    });

    public async Task<bool> BuryAsync(JobBatch batch, LoggedJob job, string reason)
    {
        var record = _open.Single(one => one.Job == job).Record;
        try
        {
            await _producer.Value.ProduceAsync(PushLogNames.DeadLetters(_options.Topic), new Message<string, byte[]>
            {
                Key = record.Message.Key,
                Value = record.Message.Value,
                Headers = new Headers { { PushLogNames.ReasonHeader, Encoding.UTF8.GetBytes(reason) } },
            });
            return job.IsDone = true;
        }
        catch (KafkaException cause)
        {
            throw new UpstreamAwayException($"the dead letters (Kafka) took nothing: {cause.Message}", cause);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _isClosed = true;
        await _backlog.DisposeAsync();
        await Task.Run(() =>
        {
            _consumer.Close();
            _consumer.Dispose();
            if (_producer.IsValueCreated)
                _producer.Value.Dispose();
        });
    }

    /// <summary>Ends it without a word to the group, as the end of the process does.</summary>
    internal async Task DropAsync()
    {
        _isClosed = true;
        await _backlog.DisposeAsync();
        _consumer.Dispose();
    }

    private JobBatch Read()
    {
        Rewind();
        TryCommitDue();
        try
        {
            for (var wait = Poll; _open.Count < _batch && _consumer.Consume(wait) is { Message: not null } record; wait = TimeSpan.Zero)
            {
                _open.Add((record, LoggedJob.Parse($"{record.Partition.Value}/{record.Offset.Value}", record.Message.Value)));
            }
        }
        catch (ConsumeException passing) when (!passing.Error.IsFatal)
        {
            // No broker, no topic yet, or the group went on without us: librdkafka sees to it.
        }

        if (_open.Count == 0)
            return JobBatch.Empty;
        Volatile.Write(ref _oldestMs, _open.Min(one => one.Record.Message.Timestamp.UnixTimestampMs));
        return new JobBatch(-1, _open.ConvertAll(one => one.Job), CancellationToken.None);
    }

    /// <summary>
    /// A refusal must not keep us from Consume: where the group went on without us, every commit is refused until Consume
    /// has told us so, and has joined again.
    /// </summary>
    private void TryCommitDue()
    {
        try
        {
            CommitDue();
        }
        catch (KafkaException refused) when (!refused.Error.IsFatal)
        {
            // Still due, unless Consume says that the partition is somebody else's.
        }
    }

    /// <summary>The group rebalances, or went on without us: what comes of it is for Consume to say, and soon.</summary>
    private static bool IsOutOfStep(KafkaException refused) =>
        refused.Error.Code is ErrorCode.RebalanceInProgress or ErrorCode.IllegalGeneration or ErrorCode.UnknownMemberId;

    private void CommitDue()
    {
        if (_due.Count == 0)
            return;
        _consumer.Commit(_due.Select(one => new TopicPartitionOffset(one.Key, one.Value)));
        _due.Clear();
    }

    /// <summary>What the last batch left undone is read again.</summary>
    private void Rewind()
    {
        var left = _open;
        _open = [];
        Volatile.Write(ref _oldestMs, 0);
        foreach (var partition in left.GroupBy(one => one.Record.TopicPartition))
        {
            if (partition.FirstOrDefault(one => !one.Job.IsDone) is not { Record: { } first })
                continue;
            try
            {
                _consumer.Seek(first.TopicPartitionOffset);
            }
            catch (KafkaException)
            {
                // Not ours any more: its next owner starts at the commit.
            }
        }
    }

    private void Forget(List<TopicPartitionOffset> gone)
    {
        foreach (var partition in gone.Select(one => one.TopicPartition))
        {
            _due.Remove(partition);
            _open.RemoveAll(one => one.Record.TopicPartition == partition);
        }
    }

    private IProducer<string, byte[]> NewProducer()
    {
        var config = _options.Complete(new ProducerConfig { Acks = Acks.All, EnableIdempotence = true, LingerMs = 1, MessageTimeoutMs = 10_000 });
        return new ProducerBuilder<string, byte[]>(config).SetLogHandler(static (_, _) => { }).SetErrorHandler(static (_, _) => { }).Build();
    }
}
