namespace PubSub.PushManager.Jobs;

internal sealed partial class PartitionDamage
{
    [LoggerMessage(3410, LogLevel.Error, "Partition {Partition} of the push log cannot be used: {Refusal}. {Jobs} and {Dead} must be streams, {Owner} a string (see TYPE): rename the one that is not. The other partitions go on; this one is looked at again in {Seconds:F0} s.")]
    private partial void LogDamaged(int partition, string refusal, string jobs, string dead, string owner, double seconds);

    [LoggerMessage(3411, LogLevel.Information, "Partition {Partition} of the push log can be used again.")]
    private partial void LogMended(int partition);
}
