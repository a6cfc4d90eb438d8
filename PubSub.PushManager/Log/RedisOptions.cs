using System.ComponentModel.DataAnnotations;
using PubSub.ServiceDefaults;

namespace PubSub.PushManager.Log;

internal sealed class RedisOptions
{
    public const string Section = "Redis";

    [Setting("REDIS_CONNECTION", "Where Redis is, in the notation of StackExchange.Redis: host:port[,host:port][,option=value]", Secret = true, ConnectionString = "redis")]
    [Required]
    public string Connection { get; set; } = "localhost:6379";

    // Leaves time for the answer within the 2 s in which a push is refused when Redis is away.
    [Setting("REDIS_TIMEOUT_MS", "Milliseconds after which a silent Redis counts as away"), Range(50, 60_000)]
    public int TimeoutMs { get; set; } = 1500;

    public TimeSpan Timeout => TimeSpan.FromMilliseconds(TimeoutMs);
}
