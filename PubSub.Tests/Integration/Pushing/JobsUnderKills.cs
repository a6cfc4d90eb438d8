using System.Collections.Concurrent;
using System.Globalization;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.Tests.Faults.Oracle;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Pushing;

/// <summary>
/// Three push managers as processes that are killed while the push log is full of numbered messages, most of them in the
/// rebalance that another's end or start has brought about; in the end the oracle is shown the rooms' logs. No node and
/// no etcd: what counts here is what the logs took.
/// </summary>
internal sealed class JobsUnderKills : IAsyncDisposable
{
    private const int Rooms = 8;
    private const int JobsOfARequest = 5;
    private const int MostAhead = 500;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly RedisProcess _redis;
    private readonly FakeController _controller;
    private readonly PushLogUnderKills _log;
    private readonly int _rounds;
    private readonly List<ServiceProcess> _managers = [];
    private readonly ConcurrentDictionary<string, int> _accepted = new();

    private JobsUnderKills(RedisProcess redis, FakeController controller, PushLogUnderKills log, int rounds)
    {
        _redis = redis;
        _controller = controller;
        _log = log;
        _rounds = rounds;
    }

    public int Kills { get; private set; }

    /// <summary>Those that came while some partitions had no owner yet.</summary>
    public int KillsBetweenOwners { get; private set; }

    private int MostOfARoom => 20_000 * (_rounds + 1);

    /// <param name="openLog">Opens the push log; Redis has the rooms' logs in any case.</param>
    /// <param name="rounds">Of three kills each.</param>
    /// <param name="project">Whose process a push manager is.</param>
    /// <param name="arguments">Of that process.</param>
    public static async Task<JobsUnderKills> StartAsync(
        Func<RedisProcess, PushLogUnderKills> openLog, int rounds, string project = "PubSub.PushManager", params string[] arguments)
    {
        var redis = await RedisProcess.StartAsync();
        var scenario = new JobsUnderKills(redis, await FakeController.StartAsync(), openLog(redis), rounds);
        try
        {
            foreach (var room in RoomNames())
            {
                scenario._controller.Route($"room:{room}");
                await scenario._redis.CommandAsync("SET", $"room:{room}", $$"""{"room_id":"{{room}}","created_at":1}""");
            }

            scenario._managers.AddRange(await Task.WhenAll(Enumerable.Range(1, 3).Select(i => ServiceProcess.StartAsync(
                project, $"push-manager-{i}", scenario.Settings(i), arguments))));
            return scenario;
        }
        catch
        {
            await scenario.DisposeAsync();
            throw;
        }
    }

    public async Task<Verdict> RunAsync()
    {
        using var stop = new CancellationTokenSource();
        var writing = RoomNames().Select(room => Task.Run(() => WriteAsync(room, stop.Token))).ToList();
        for (var round = 0; round < _rounds; round++)
        {
            await UntilAllHaveTheirShareAsync();
            await UntilMoreIsPublishedAsync(writing);
            var (first, second, third) = (_managers[round % 3], _managers[(round + 1) % 3], _managers[(round + 2) % 3]);

            // One goes, and while its partitions go to the other two, one of those goes.
            var shares = await SharesAsync([second, third]);
            Kill(first);
            await KillWhilePartitionsMoveAsync(second, shares);

            // One comes back, and while it takes its share, the one who gives it goes.
            shares = await SharesAsync([third]);
            shares[first] = 0;
            await first.RestartAsync();
            await KillWhilePartitionsMoveAsync(third, shares);
            await Task.WhenAll(second.RestartAsync(), third.RestartAsync());
        }

        await stop.CancelAsync();
        await Task.WhenAll(writing);
        await Task.WhenAll(RoomNames().Select(WriteLastAsync));
        return await JudgeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var manager in _managers)
            await manager.DisposeAsync();
        _log.Dispose();
        await _controller.DisposeAsync();
        await _redis.DisposeAsync();
    }

    private static IEnumerable<string> RoomNames() => Enumerable.Range(1, Rooms).Select(i => $"kill-{i}");

    private Dictionary<string, string> Settings(int index) => new(_log.Settings)
    {
        ["MANAGER_ID"] = $"push-manager-{index}",
        ["GRPC_PORT"] = Text(FreePort.Next()),
        ["HTTP_PORT"] = Text(FreePort.Next()),
        ["REDIS_CONNECTION"] = _redis.Endpoint,
        ["CONTROLLER_ADDRESS"] = $"127.0.0.1:{_controller.Port}",
        ["ETCD_ENDPOINTS"] = $"http://127.0.0.1:{Text(FreePort.Next())}",
        ["ROOM_LOG_MESSAGES"] = Text(MostOfARoom + 1000),
    };

    private void Kill(ServiceProcess manager)
    {
        manager.Kill();
        Kills++;
    }

    /// <param name="victim">Who is killed as soon as anybody has another number of partitions than before.</param>
    /// <param name="before">Who lives, with the partitions they had.</param>
    private async Task KillWhilePartitionsMoveAsync(ServiceProcess victim, Dictionary<ServiceProcess, double> before)
    {
        var now = before;
        await Wait.UntilAsync(
            async () =>
            {
                now = await SharesAsync(before.Keys);
                return now.Any(one => one.Value != before[one.Key]);
            },
            "partitions to move",
            Patience);
        Kill(victim);
        if (now.Values.Sum() < _log.Partitions)
            KillsBetweenOwners++;
    }

    private Task UntilAllHaveTheirShareAsync() => Wait.UntilAsync(
        async () => await SharesAsync(_managers) is var shares && shares.Values.All(share => share > 0) && shares.Values.Sum() == _log.Partitions,
        "all push managers to have partitions",
        Patience);

    private static async Task<Dictionary<ServiceProcess, double>> SharesAsync(IEnumerable<ServiceProcess> living)
    {
        var shares = await Task.WhenAll(living.Select(async manager => (manager, Share: await manager.MetricAsync("push_manager_job_partitions"))));
        return shares.ToDictionary(one => one.manager, one => one.Share);
    }

    private async Task UntilMoreIsPublishedAsync(List<Task> writing)
    {
        var before = await PublishedAsync();
        await Wait.UntilAsync(
            async () => await PublishedAsync() > before + 200 || writing.TrueForAll(room => room.IsCompleted), "some jobs to be published", Patience);
    }

    /// <summary>A little faster than the workers, so that at a kill each of them has something in hand.</summary>
    private async Task WriteAsync(string room, CancellationToken stop)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        for (var next = 1; next < MostOfARoom && !stop.IsCancellationRequested; next += JobsOfARequest)
        {
            await _log.AppendAsync([.. Enumerable.Range(next, JobsOfARequest).Select(number => Job(room, number))]);
            _accepted[room] = next + JobsOfARequest - 1;
            // A machine of any speed has jobs left at the last kill.
            await pace.WaitForNextTickAsync(CancellationToken.None);
            if (next % 100 == 1)
                await Wait.UntilAsync(async () => stop.IsCancellationRequested || await SumAsync([LogOf(room)]) > next - MostAhead, "the workers to follow", Patience);
        }
    }

    /// <summary>Behind all kills: when it is published, nothing before it is still to come.</summary>
    private async Task WriteLastAsync(string room)
    {
        var number = _accepted[room] + 1;
        await _log.AppendAsync([Job(room, number)]);
        _accepted[room] = number;
        var text = new NumberedMessage(room, number).Text;
        await Wait.UntilAsync(
            async () => (object?[])(await _redis.CommandAsync("XREVRANGE", LogOf(room), "+", "-", "COUNT", "1"))! is [object?[] newest]
                && TextOf((object?[])newest[1]!) == text,
            $"the last job of {room}",
            Patience);
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
