using PubSub.Protocol.Channels;

namespace PubSub.Protocol.Jobs;

/// <summary>
/// Where the durable push log is: what its writers and its readers must agree on. A record is a <see cref="PushJob"/>.
/// </summary>
public static class PushLogNames
{
    /// <summary>The consumer group of the job workers.</summary>
    public const string Group = "job-service-group";

    /// <summary>The topic on Kafka, unless another one is set. Kafka's own partitions serve there.</summary>
    public const string Topic = "my-topic";

    /// <summary>
    /// The streams on Redis. A channel always takes the same one, so this number changes only while the log is empty.
    /// </summary>
    public const int Partitions = 16;

    /// <summary>The field of a stream entry that holds the <see cref="PushJob"/>.</summary>
    public const string JobField = "job";

    /// <summary>The header of a dead letter on Kafka that says why it is one.</summary>
    public const string ReasonHeader = "reason";

    /// <summary>The header of a record on Kafka that marks a dead letter, by its offset, as replayed.</summary>
    public const string ReplayedHeader = "replayed";

    /// <summary>The Redis channel on which a writer says to which partition it wrote.</summary>
    public const string Wake = "push-log:wake";

    /// <summary>The stream of a partition's jobs.</summary>
    public static string Jobs(int partition) => $"{{push-log:{partition}}}:jobs";

    /// <summary>The stream of the jobs of a partition that could not be published.</summary>
    public static string DeadLetters(int partition) => $"{{push-log:{partition}}}:dead";

    /// <summary>The topic of the jobs that could not be published.</summary>
    public static string DeadLetters(string topic) => topic + ".dead";

    /// <summary>The partition that keeps a channel's order.</summary>
    public static int PartitionOf(string channel) => LaneHash.Lane(channel, Partitions);
}
