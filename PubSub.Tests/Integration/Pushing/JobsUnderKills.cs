using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Options;
using PubSub.BizServer.PushLog;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.Protocol.Jobs;
using PubSub.Tests.Faults.Oracle;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Pushing;

/// <summary>
/// Push managers as processes that are killed while the push log is full of numbered messages; in the end the oracle is
/// shown the rooms' logs. No node and no etcd: what counts here is what the logs took.
/// </summary>
internal sealed class JobsUnderKills : IAsyncDisposable
{
    private const int Rooms = 8;
    private const int JobsOfARequest = 5;
    private const int MostOfARoom = 40_000;
    private const int MostAhead = 500;

    private readonly RedisProcess _redis;
    private readonly FakeController _controller;
    private readonly RedisConnection _connection;
    private readonly List<ServiceProcess> _managers = [];
    private readonly ConcurrentDictionary<string, int> _accepted = new();

    private JobsUnderKills(RedisProcess redis, FakeController controller)
    {
        _redis = redis;
        _controller = controller;
        _connection = new RedisConnection(Options.Create(new PushLogOptions { Redis = redis.Endpoint }));
    }

    /// <param name="project">Whose process a push manager is.</param>
    /// <param name="arguments">Of that process.</param>
    public static async Task<JobsUnderKills> StartAsync(string project, params string[] arguments)
    {
        var scenario = new JobsUnderKills(await RedisProcess.StartAsync(), await FakeController.StartAsync());
        try
        {
            foreach (var room in RoomNames())
            {
                scenario._controller.Route($"room:{room}");
                await scenario._redis.CommandAsync("SET", $"room:{room}", $$"""{"room_id":"{{room}}","created_at":1}""");
            }

            scenario._managers.AddRange(await Task.WhenAll(Enumerable.Range(1, 2).Select(i => ServiceProcess.StartAsync(
                project, $"push-manager-{i}", scenario.Settings(i), arguments))));
            return scenario;
        }
        catch
        {
            await scenario.DisposeAsync();
            throw;
        }
    }

    public async Task<Verdict> RunAsync(int kills)
    {
        using var stop = new CancellationTokenSource();
        var writing = RoomNames().Select(room => Task.Run(() => WriteAsync(room, stop.Token))).ToList();
        for (var i = 0; i < kills; i++)
        {
            var before = await PublishedAsync();
            await Wait.UntilAsync(
                async () => await PublishedAsync() > before + 200 || writing.TrueForAll(room => room.IsCompleted),
                "some jobs to be published",
                TimeSpan.FromSeconds(60));
            _managers[i % 2].Kill();
            await _managers[i % 2].RestartAsync();
        }

        await stop.CancelAsync();
        await Task.WhenAll(writing);
        await Wait.UntilAsync(async () => await WaitingAsync() == 0, "the push log to be empty", TimeSpan.FromSeconds(120));
        return await JudgeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var manager in _managers)
            await manager.DisposeAsync();
        _connection.Dispose();
        await _controller.DisposeAsync();
        await _redis.DisposeAsync();
    }

    private static IEnumerable<string> RoomNames() => Enumerable.Range(1, Rooms).Select(i => $"kill-{i}");

    private Dictionary<string, string> Settings(int index) => new()
    {
        ["MANAGER_ID"] = $"push-manager-{index}",
        ["GRPC_PORT"] = Text(FreePort.Next()),
        ["HTTP_PORT"] = Text(FreePort.Next()),
        ["REDIS_CONNECTION"] = _redis.Endpoint,
        ["CONTROLLER_ADDRESS"] = $"127.0.0.1:{_controller.Port}",
        ["ETCD_ENDPOINTS"] = $"http://127.0.0.1:{Text(FreePort.Next())}",
        ["JOB_LEASE_MS"] = "1000",
        ["ROOM_LOG_MESSAGES"] = Text(MostOfARoom + 1000),
    };

    /// <summary>A little faster than the workers, so that at a kill each of them has something in hand.</summary>
    private async Task WriteAsync(string room, CancellationToken stop)
    {
        var writer = new RedisPushLogWriter(_connection, TimeProvider.System);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        for (var next = 1; next < MostOfARoom && !stop.IsCancellationRequested; next += JobsOfARequest)
        {
            PushJob[] jobs = [.. Enumerable.Range(next, JobsOfARequest).Select(number => Job(room, number))];
            // As the refusal asks for: again, with the same ids.
            while (!await TryAppendAsync(writer, jobs))
                await pace.WaitForNextTickAsync(CancellationToken.None);
            _accepted[room] = next + JobsOfARequest - 1;
            // A machine of any speed has jobs left at the last kill.
            await pace.WaitForNextTickAsync(CancellationToken.None);
            if (next % 100 == 1)
                await Wait.UntilAsync(async () => stop.IsCancellationRequested || await SumAsync([LogOf(room)]) > next - MostAhead, "the workers to follow", TimeSpan.FromSeconds(60));
        }
    }

    private static async Task<bool> TryAppendAsync(RedisPushLogWriter writer, PushJob[] jobs)
    {
        try
        {
            await writer.AppendAsync(jobs, default);
            return true;
        }
        catch (PushLogAwayException)
        {
            return false;
        }
    }

    private static PushJob Job(string room, int number) => new()
    {
        MessageId = $"{room}-{Text(number)}",
        Channel = $"room:{room}",
        Content = new Content { Data = new NumberedMessage(room, number).Text },
        AcceptedAt = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(),
    };

    private Task<long> PublishedAsync() => SumAsync(RoomNames().Select(LogOf));

    private static string LogOf(string room) => $"{{room:{room}}}:log";

    private Task<long> WaitingAsync() => SumAsync(Enumerable.Range(0, PushLogNames.Partitions).Select(PushLogNames.Jobs));

    private async Task<long> SumAsync(IEnumerable<string> streams)
    {
        var sum = 0L;
        foreach (var stream in streams)
            sum += (long)(await _redis.CommandAsync("XLEN", stream))!;
        return sum;
    }

    /// <summary>Each room's log is shown to the oracle as what came to one who listened from its begin.</summary>
    private async Task<Verdict> JudgeAsync()
    {
        var oracle = new DeliveryOracle();
        var reader = oracle.Listen("the log");
        foreach (var (room, accepted) in _accepted)
        {
            var texts = await ReadAsync(room);
            var places = new Dictionary<string, int>();
            reader.Subscribed(room, At(0), recovered: false);
            for (var place = 1; place <= texts.Length; place++)
            {
                places.TryAdd(texts[place - 1], place);
                reader.Received(room, At(place), texts[place - 1]);
            }

            foreach (var message in Enumerable.Range(1, accepted).Select(number => new NumberedMessage(room, number)))
            {
                // What is not there was promised all the same: it stands behind the end, out of its order too, and nobody got it.
                oracle.Accepted(room, At(places.GetValueOrDefault(message.Text, texts.Length + message.Number)), message);
            }
        }

        return oracle.Check();
    }

    private static ChannelPosition At(long offset) => new(1, offset);

    private async Task<string[]> ReadAsync(string room)
    {
        var entries = (object?[])(await _redis.CommandAsync("XRANGE", LogOf(room), "-", "+"))!;
        return [.. entries.Select(entry => TextOf((object?[])((object?[])entry!)[1]!))];
    }

    private static string TextOf(object?[] fields) => (string)fields[Array.IndexOf(fields, "text") + 1]!;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
