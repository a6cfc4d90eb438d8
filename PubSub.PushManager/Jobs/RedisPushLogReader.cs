using Microsoft.Extensions.Options;
using PubSub.Protocol.Jobs;
using PubSub.PushManager.Log;
using StackExchange.Redis;

namespace PubSub.PushManager.Jobs;

/// <summary>Reads the push log from Redis Streams: one stream a partition, each read by whoever has its lease.</summary>
internal sealed class RedisPushLogReader : IPushLogReader
{
    // Only a second chance: writers wake the readers. Also the time after which an outage is noticed to be over.
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    private static readonly RedisScript ReadScript = new("job_read.lua");
    private static readonly RedisScript CommitScript = new("job_commit.lua");

    private readonly ChannelLog _log;
    private readonly PartitionLeases _leases;
    private readonly JobWakeUps _wakeUps;
    private readonly PartitionDamage _damage;
    private readonly int _batch;
    private readonly SemaphoreSlim _wake = new(0, 1);
    private HeldPartition? _reading;
    private int _next;

    public RedisPushLogReader(
        ChannelLog log, JobWakeUps wakeUps, IOptions<JobOptions> options, TimeProvider time, JobMetrics metrics, ILoggerFactory loggers)
    {
        _damage = new PartitionDamage(metrics, time, loggers.CreateLogger<PartitionDamage>());
        _log = log;
        _batch = options.Value.Batch;
        _wakeUps = wakeUps;
        _wakeUps.Woken += Wake;
        _leases = new PartitionLeases(log, options.Value.Lease, _damage, time);
        _leases.Gained += Wake;
    }

    public JobBacklog Backlog
    {
        get
        {
            var held = _leases.Held;
            return new JobBacklog(
                held.Sum(partition => partition.Waiting),
                held.Select(partition => partition.OldestAge).DefaultIfEmpty().Max(),
                held.Count);
        }
    }

    public async Task<JobBatch> ReadAsync(CancellationToken cancellationToken)
    {
        Release();
        var held = _leases.Held;
        for (var i = 0; i < held.Count; i++)
        {
            var partition = held[(_next + i) % held.Count];
            if (!_damage.Rests(partition.Number) && await TryReadAsync(partition) is { Jobs.Count: > 0 } batch)
            {
                _next = (_next + i + 1) % held.Count;
                return batch;
            }
        }

        await _wake.WaitAsync(Poll, cancellationToken);
        return JobBatch.Empty;
    }

    public async Task<bool> CommitAsync(JobBatch batch)
    {
        var done = batch.Jobs.Where(job => job.IsDone).ToList();
        return done.Count == 0 || await TryAsync(batch.Partition, async () => (int)(await CommitAsync(batch.Partition, "", done))[0] == 1);
    }

    public async Task<bool> BuryAsync(JobBatch batch, LoggedJob job, string reason) =>
        job.IsDone = await TryAsync(batch.Partition, async () =>
        {
            await CommitAsync(batch.Partition, reason, [job]);
            return true;
        });

    public async ValueTask DisposeAsync()
    {
        _wakeUps.Woken -= Wake;
        _leases.Gained -= Wake;
        await _leases.DisposeAsync();
        _wake.Dispose();
    }

    private async Task<JobBatch> TryReadAsync(HeldPartition partition)
    {
        try
        {
            var batch = await ReadAsync(partition);
            // Jobs may be readable, and what is done with them may fail; that tells more.
            if (batch.Jobs.Count == 0)
                _damage.Mended(partition.Number);
            return batch;
        }
        catch (KeyRefusedException refused)
        {
            _damage.Found(partition.Number, refused);
            Release();
            return JobBatch.Empty;
        }
    }

    /// <returns>False where the partition's keys cannot be used, and as the step says otherwise.</returns>
    private async Task<bool> TryAsync(int partition, Func<Task<bool>> step)
    {
        try
        {
            var isDone = await step();
            _damage.Mended(partition);
            return isDone;
        }
        catch (KeyRefusedException refused)
        {
            _damage.Found(partition, refused);
            return false;
        }
    }

    private async Task<JobBatch> ReadAsync(HeldPartition partition)
    {
        partition.IsBusy = true;
        _reading = partition;
        var number = partition.Number;
        var answer = await _log.EvaluateAsync(
            ReadScript, [JobKeys.Jobs(number), JobKeys.Owner(number)],
            [_leases.Token, PushLogNames.Group, _batch, PushLogNames.JobField]);
        if (answer.Length <= 1)
        {
            Release();
            return JobBatch.Empty;
        }

        var jobs = new List<LoggedJob>((answer.Length - 1) / 2);
        for (var i = 1; i + 1 < answer.Length; i += 2)
            jobs.Add(LoggedJob.Parse((string)answer[i]!, (byte[]?)answer[i + 1]));
        return new JobBatch(number, jobs, partition.Lost);
    }

    private Task<RedisResult[]> CommitAsync(int partition, string reason, List<LoggedJob> jobs)
    {
        List<RedisValue> values = [_leases.Token, PushLogNames.Group, PushLogNames.JobField, reason];
        values.AddRange(jobs.Select(job => (RedisValue)job.LogId));
        return _log.EvaluateAsync(CommitScript, [JobKeys.Jobs(partition), JobKeys.Owner(partition), JobKeys.Dead(partition)], values);
    }

    private void Release()
    {
        if (_reading is { } partition)
            partition.IsBusy = false;
        _reading = null;
    }

    private void Wake()
    {
        // One permit is enough; several who wake it at once may lose the race for it.
        try
        {
            if (_wake.CurrentCount == 0)
                _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake.
        }
    }
}
