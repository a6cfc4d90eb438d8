using System.Collections.Concurrent;
using PubSub.PushManager.Log;

namespace PubSub.PushManager.Jobs;

/// <summary>
/// The partitions of the push log on Redis whose keys cannot be used, as far as one reader knows: they rest for a growing
/// while, so that its other partitions go on.
/// </summary>
internal sealed partial class PartitionDamage(JobMetrics metrics, TimeProvider time, ILogger<PartitionDamage> logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly ILogger<PartitionDamage> _logger = logger;
    private readonly ConcurrentDictionary<int, Rest> _resting = new();

    /// <summary>Not now.</summary>
    public bool Rests(int partition) =>
        _resting.TryGetValue(partition, out var rest) && time.GetElapsedTime(rest.Since) < rest.Pause;

    public void Found(int partition, KeyRefusedException refused)
    {
        var pause = !_resting.TryGetValue(partition, out var before) ? FirstPause
            : before.Pause * 2 < LongestPause ? before.Pause * 2 : LongestPause;
        _resting[partition] = new Rest(time.GetTimestamp(), pause);
        metrics.Damaged(partition);
        LogDamaged(
            partition, refused.InnerException?.Message ?? refused.Message, JobKeys.Jobs(partition)!, JobKeys.Dead(partition)!,
            JobKeys.Owner(partition)!, pause.TotalSeconds);
    }

    public void Mended(int partition)
    {
        if (!_resting.IsEmpty && _resting.TryRemove(partition, out _))
            LogMended(partition);
    }

    private readonly record struct Rest(long Since, TimeSpan Pause);
}
