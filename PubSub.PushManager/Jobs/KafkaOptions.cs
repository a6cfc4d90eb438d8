using System.ComponentModel.DataAnnotations;
using Confluent.Kafka;
using PubSub.Protocol.Jobs;
using PubSub.ServiceDefaults;

namespace PubSub.PushManager.Jobs;

/// <summary>The push log on Kafka; used where PUSH_LOG says so.</summary>
internal sealed class KafkaOptions
{
    public const string Section = "Kafka";

    [Setting("KAFKA_SERVERS", "Kafka brokers to start from, as host:port, several with commas"), Required]
    public string[] Servers { get; set; } = ["localhost:9092"];

    [Setting("KAFKA_TOPIC", "Topic of the push log; the dead letters are in the topic of this name with .dead behind it"), Required]
    public string Topic { get; set; } = PushLogNames.Topic;

    [Setting("KAFKA_OPTIONS", "Further settings of librdkafka as name=value, several with commas", Secret = true)]
    public string[] Options { get; set; } = [];

    [Setting("KAFKA_LIBRARY", "File of librdkafka, where neither the package nor the system has it")]
    public string Library { get; set; } = "";

    public IEnumerable<string> Faults() => Options
        .Where(option => option.IndexOf('=', StringComparison.Ordinal) < 1)
        .Select(_ => "KAFKA_OPTIONS has an entry that is not name=value.");

    /// <summary>Adds what all clients of this process have in common.</summary>
    public T Complete<T>(T config)
        where T : ClientConfig
    {
        config.BootstrapServers = string.Join(',', Servers);
        config.ClientId = "pubsub-push-manager";
        foreach (var option in Options)
        {
            var equals = option.IndexOf('=', StringComparison.Ordinal);
            config.Set(option[..equals], option[(equals + 1)..]);
        }

        return config;
    }
}
