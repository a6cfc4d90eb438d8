using System.ComponentModel.DataAnnotations;
using PubSub.ServiceDefaults;

namespace PubSub.BizServer.PushLog;

internal sealed class PushLogOptions
{
    public const string Section = "PushLog";

    [Setting("REDIS_CONNECTION", "Where the push log is, in the notation of StackExchange.Redis: host:port[,host:port][,option=value]", Secret = true)]
    [Required]
    public string Redis { get; set; } = "localhost:6379";

    [Setting("PUSH_LOG_TIMEOUT_MS", "Milliseconds after which a silent push log counts as away"), Range(50, 60_000)]
    public int TimeoutMs { get; set; } = 1500;

    public TimeSpan Timeout => TimeSpan.FromMilliseconds(TimeoutMs);
}
