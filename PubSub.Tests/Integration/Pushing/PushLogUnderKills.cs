using Microsoft.Extensions.Options;
using PubSub.BizServer.PushLog;
using PubSub.Protocol;
using PubSub.Protocol.Jobs;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Pushing;

/// <summary>The push log whose readers are killed: how to write to it, and how the push managers find it.</summary>
internal sealed class PushLogUnderKills : IDisposable
{
    private readonly IPushLogWriter _writer;
    private readonly IDisposable _connection;

    private PushLogUnderKills(IPushLogWriter writer, IDisposable connection, int partitions, Dictionary<string, string> settings)
    {
        _writer = writer;
        _connection = connection;
        Partitions = partitions;
        Settings = settings;
    }

    public int Partitions { get; }

    /// <summary>Of the push managers.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; }

    public static PushLogUnderKills OnRedis(RedisProcess redis)
    {
        var connection = new RedisConnection(Options.Create(new PushLogOptions { Redis = redis.Endpoint }));
        return new PushLogUnderKills(
            new RedisPushLogWriter(connection, TimeProvider.System), connection, PushLogNames.Partitions, new() { ["JOB_LEASE_MS"] = "1000" });
    }

    public static PushLogUnderKills OnKafka(KafkaBroker broker)
    {
        var options = new PushLogOptions { KafkaServers = [broker.Servers], KafkaTopic = broker.NewTopic(), KafkaLibrary = broker.Library, TimeoutMs = 20_000 };
        var clients = new KafkaClients(Options.Create(options));
        return new PushLogUnderKills(new KafkaPushLogWriter(clients), clients, KafkaBroker.Partitions, new()
        {
            ["PUSH_LOG"] = "kafka",
            ["KAFKA_SERVERS"] = broker.Servers,
            ["KAFKA_TOPIC"] = options.KafkaTopic,
            ["KAFKA_LIBRARY"] = broker.Library,
            // So that every push manager has partitions to lose.
            ["JOB_WORKERS"] = "1",
        });
    }

    /// <summary>As the refusal asks for: again, with the same ids, until the log has them.</summary>
    public async Task AppendAsync(IReadOnlyList<PushJob> jobs)
    {
        while (true)
        {
            try
            {
                await _writer.AppendAsync(jobs, default);
                return;
            }
            catch (PushLogAwayException)
            {
                await Task.Yield();
            }
        }
    }

    public void Dispose() => _connection.Dispose();
}
