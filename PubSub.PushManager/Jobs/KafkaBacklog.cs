using Confluent.Kafka;

namespace PubSub.PushManager.Jobs;

/// <summary>
/// How many jobs wait in the partitions of a consumer. The brokers are asked, aside from the reading: the consumer itself
/// knows only of what it has read, and while a job is tried again and again nobody reads.
/// </summary>
internal sealed class KafkaBacklog : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly IConsumer<string, byte[]> _consumer;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private long _jobs;

    public KafkaBacklog(IConsumer<string, byte[]> consumer, TimeProvider time)
    {
        _consumer = consumer;
        _running = Task.Run(() => RunAsync(time));
    }

    public long Jobs => Interlocked.Read(ref _jobs);

    /// <summary>Returns when the consumer is not asked any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync(TimeProvider time)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                Interlocked.Exchange(ref _jobs, Count());
            }
            catch (KafkaException)
            {
                // No broker answers, or the partition has just gone: the figures of before are the best there are.
            }

            await Task.Delay(Period, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private long Count()
    {
        var waiting = 0L;
        if (_consumer.Assignment is not { Count: > 0 } partitions)
            return waiting;
        foreach (var committed in _consumer.Committed(partitions, Patience))
        {
            if (_stopping.IsCancellationRequested)
                break;
            var log = _consumer.QueryWatermarkOffsets(committed.TopicPartition, Patience);
            // Where nothing was ever committed, the offset is a negative number that says so.
            waiting += log.High.Value - Math.Max(log.Low.Value, committed.Offset.Value);
        }

        return waiting;
    }
}
