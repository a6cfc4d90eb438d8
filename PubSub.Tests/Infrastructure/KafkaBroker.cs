using Confluent.Kafka;
using PubSub.LocalTools;
using PubSub.Protocol.Jobs;
using PubSub.ServiceDefaults;

namespace PubSub.Tests.Infrastructure;

/// <summary>librdkafka's own broker, inside this process and open to others over TCP. Topics come with four partitions when they are first named.</summary>
internal sealed class KafkaBroker : IDisposable
{
    /// <summary>Of each topic; the broker's own choice.</summary>
    public const int Partitions = 4;

    private readonly IProducer<Null, Null> _owner;
    private readonly IAdminClient _admin;

    private KafkaBroker(string library)
    {
        Library = library;
        var settings = new ProducerConfig { BootstrapServers = "127.0.0.1:1" };
        settings.Set("test.mock.num.brokers", "1");
        _owner = KafkaLibrary.Use(library, () => new ProducerBuilder<Null, Null>(settings).SetLogHandler(static (_, _) => { }).Build());
        _admin = new DependentAdminClientBuilder(_owner.Handle).Build();
        Servers = string.Join(',', _admin.GetMetadata(Wait.Patience).Brokers.Select(broker => $"{broker.Host}:{broker.Port}"));
    }

    public string Servers { get; }

    /// <summary>The file of librdkafka.</summary>
    public string Library { get; }

    public static async Task<KafkaBroker> StartAsync()
    {
        // The real package brings its own library, and no other fits it.
        if (Directory.EnumerateFiles(AppContext.BaseDirectory, "*librdkafka*", SearchOption.AllDirectories).Any())
            return new KafkaBroker("");

        // Whoever can run kcat has the library that it uses.
        var kcat = await LocalTool.Kcat.LocateAsync();
        var folders = kcat.Environment.GetValueOrDefault("LD_LIBRARY_PATH", "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return new KafkaBroker(folders.Select(folder => Path.Combine(folder, "librdkafka.so.1")).FirstOrDefault(File.Exists) ?? "");
    }

    /// <summary>A topic that no other test has, and that of its dead letters.</summary>
    public string NewTopic()
    {
        var topic = $"topic-{Guid.NewGuid():N}";
        _admin.GetMetadata(topic, Wait.Patience);
        _admin.GetMetadata(PushLogNames.DeadLetters(topic), Wait.Patience);
        return topic;
    }

    public void Dispose()
    {
        _admin.Dispose();
        _owner.Dispose();
    }
}

/// <summary>One broker for all tests of a class; each test has topics of its own.</summary>
public sealed class KafkaFixture : IAsyncLifetime
{
    internal KafkaBroker Broker { get; private set; } = null!;

    public async Task InitializeAsync() => Broker = await KafkaBroker.StartAsync();

    public Task DisposeAsync()
    {
        Broker.Dispose();
        return Task.CompletedTask;
    }
}
