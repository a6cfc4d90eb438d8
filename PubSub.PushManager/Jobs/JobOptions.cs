using System.ComponentModel.DataAnnotations;
using PubSub.ServiceDefaults;

namespace PubSub.PushManager.Jobs;

internal enum PushLogKind
{
    Redis,
    Kafka,
}

internal sealed class JobOptions
{
    public const string Section = "Jobs";

    [Setting("PUSH_LOG", "What the durable push log is; the business servers must be told the same")]
    public PushLogKind PushLog { get; set; }

    [Setting("JOB_WORKERS", "Workers that publish what the durable push log holds; 0: this push manager leaves it to others"), Range(0, 64)]
    public int Workers { get; set; } = 4;

    [Setting("JOB_BATCH", "Jobs that a worker takes at once"), Range(1, 1000)]
    public int Batch { get; set; } = 64;

    [Setting("JOB_TRIES", "Tries after which a job that is refused for its own fault becomes a dead letter"), Range(1, 100)]
    public int Tries { get; set; } = 5;

    [Setting("JOB_LEASE_MS", "Milliseconds after which the partitions of a dead worker go to others; on Kafka at least 6000"), Range(200, 600_000)]
    public int LeaseMs { get; set; } = 5000;

    public TimeSpan Lease => TimeSpan.FromMilliseconds(LeaseMs);
}
