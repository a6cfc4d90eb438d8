using Confluent.Kafka;
using Microsoft.Extensions.Options;
using PubSub.ServiceDefaults;

namespace PubSub.BizServer.PushLog;

/// <summary>The producer of this process, and consumers for a look at a topic.</summary>
internal sealed class KafkaClients(IOptions<PushLogOptions> options) : IDisposable
{
    private readonly PushLogOptions _options = options.Value;
    private IProducer<string, byte[]>? _producer;

    public string Topic => _options.KafkaTopic;

    public TimeSpan Timeout => _options.Timeout;

    public IProducer<string, byte[]> Producer => LazyInitializer.EnsureInitialized(ref _producer, NewProducer)!;

    public IConsumer<string, byte[]> NewConsumer()
    {
        var config = With(new ConsumerConfig
        {
            // A group that commits nothing: the librdkafka behind it wants a name.
            GroupId = $"look-{Guid.NewGuid():N}",
            EnableAutoCommit = false,
            EnableAutoOffsetStore = false,
        });
        return KafkaLibrary.Use(_options.KafkaLibrary, () => new ConsumerBuilder<string, byte[]>(config)
            .SetLogHandler(static (_, _) => { }).SetErrorHandler(static (_, _) => { }).Build());
    }

    public void Dispose() => _producer?.Dispose();

    private IProducer<string, byte[]> NewProducer()
    {
        var config = With(new ProducerConfig
        {
            Acks = Acks.All,
            EnableIdempotence = true,
            LingerMs = 1,
            MessageTimeoutMs = _options.TimeoutMs,
        });

        // What fails is told to whoever waits for it; librdkafka's own lines would say it again on standard error.
        return KafkaLibrary.Use(_options.KafkaLibrary, () => new ProducerBuilder<string, byte[]>(config)
            .SetLogHandler(static (_, _) => { }).SetErrorHandler(static (_, _) => { }).Build());
    }

    private T With<T>(T config)
        where T : ClientConfig
    {
        config.BootstrapServers = string.Join(',', _options.KafkaServers);
        config.ClientId = "pubsub-biz-server";
        foreach (var option in _options.KafkaOptions)
        {
            var equals = option.IndexOf('=', StringComparison.Ordinal);
            config.Set(option[..equals], option[(equals + 1)..]);
        }

        return config;
    }
}
