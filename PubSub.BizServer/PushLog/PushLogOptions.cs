using System.ComponentModel.DataAnnotations;
using PubSub.Protocol.Jobs;
using PubSub.ServiceDefaults;

namespace PubSub.BizServer.PushLog;

internal enum PushLogKind
{
    Redis,
    Kafka,
}

internal sealed class PushLogOptions
{
    public const string Section = "PushLog";

    [Setting("PUSH_LOG", "What the durable push log is; the push managers must be told the same")]
    public PushLogKind Kind { get; set; }

    [Setting("REDIS_CONNECTION", "Where the push log is, in the notation of StackExchange.Redis: host:port[,host:port][,option=value]", Secret = true, ConnectionString = "redis")]
    [Required]
    public string Redis { get; set; } = "localhost:6379";

    [Setting("KAFKA_SERVERS", "Kafka brokers to start from, as host:port, several with commas"), Required]
    public string[] KafkaServers { get; set; } = ["localhost:9092"];

    [Setting("KAFKA_TOPIC", "Topic of the push log; the dead letters are in the topic of this name with .dead behind it"), Required]
    public string KafkaTopic { get; set; } = PushLogNames.Topic;

    [Setting("KAFKA_OPTIONS", "Further settings of librdkafka as name=value, several with commas", Secret = true)]
    public string[] KafkaOptions { get; set; } = [];

    [Setting("KAFKA_LIBRARY", "File of librdkafka, where neither the package nor the system has it")]
    public string KafkaLibrary { get; set; } = "";

    [Setting("PUSH_LOG_TIMEOUT_MS", "Milliseconds after which a silent push log counts as away"), Range(50, 60_000)]
    public int TimeoutMs { get; set; } = 1500;

    public TimeSpan Timeout => TimeSpan.FromMilliseconds(TimeoutMs);

    public IEnumerable<string> Faults() => KafkaOptions
        .Where(option => option.IndexOf('=', StringComparison.Ordinal) < 1)
        .Select(_ => "KAFKA_OPTIONS has an entry that is not name=value.");
}
