using PubSub.Protocol.Jobs;
using StackExchange.Redis;

namespace PubSub.PushManager.Jobs;

/// <summary>The keys that readers of the push log on Redis add to those that its writers know.</summary>
internal static class JobKeys
{
    /// <summary>Who reads: token and last sign of life.</summary>
    public static RedisKey Readers => "push-log:readers";

    public static RedisKey Jobs(int partition) => PushLogNames.Jobs(partition);

    /// <summary>The token of the reader that has the partition, for as long as its lease.</summary>
    public static RedisKey Owner(int partition) => $"{{push-log:{partition}}}:owner";

    public static RedisKey Dead(int partition) => PushLogNames.DeadLetters(partition);
}
