using System.ComponentModel.DataAnnotations;
using PubSub.ServiceDefaults;

namespace PubSub.Controller.Redis;

internal sealed class RedisOptions
{
    public const string Section = "Redis";

    [Setting("REDIS_CONNECTION", "Where Redis is, in the notation of StackExchange.Redis: host:port[,host:port][,password=...]", Secret = true, ConnectionString = "redis")]
    [Required]
    public string Connection { get; set; } = "localhost:6379";

    [Setting("REDIS_TIMEOUT_MS", "Milliseconds after which a silent Redis counts as away"), Range(50, 60_000)]
    public int TimeoutMs { get; set; } = 1500;
}
