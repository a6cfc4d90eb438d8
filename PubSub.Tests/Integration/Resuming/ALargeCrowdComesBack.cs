using System.Diagnostics;
using System.Globalization;
using PubSub.Protocol;
using PubSub.Tests.Faults;
using PubSub.Tests.Infrastructure;
using Xunit.Abstractions;

namespace PubSub.Tests.Integration.Resuming;

/// <summary>
/// One room, very many clients that all missed the same fifty messages, and all of them back at other nodes at once while
/// pushes go on. What they missed is read once for all of them.
/// </summary>
public sealed class ALargeCrowdComesBack(ITestOutputHelper output)
{
    private const int Missed = 50;
    private const int AtOnce = 500;
    private const int MostOperations = 5;
    private static readonly TimeSpan BetweenPushes = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly string _room = $"r-{Guid.NewGuid():N}";

    [Fact]
    public async Task Everybody_gets_exactly_what_was_missed_and_redis_hardly_notices()
    {
        await using var cluster = await TestCluster.StartAsync(new TestClusterSize(Nodes: 3, PushManagers: 1, Controllers: 1));
        var count = Math.Min(FaultSize.Current.ReturningClients, MostSockets());
        var (controller, push) = (cluster.Controller(), cluster.PushManager());
        await controller.CreateRoomAsync(new CreateRoomRequest { RoomId = _room, MaxUsers = count });
        var clients = Enumerable.Range(0, count).Select(i => new LeanClient($"{_room}-{i}", _room)).ToList();
        try
        {
            await ComeAsync(clients, cluster, shift: 0);
            await PushAsync(push);
            await AllAtAsync(clients, 1);
            clients.ForEach(static client => client.Dispose());
            await Wait.UntilAsync(async () => await UsersAsync(controller) == 0, "all to be gone", Patience);
            for (var i = 0; i < Missed; i++)
                await PushAsync(push);

            using var enough = new CancellationTokenSource();
            await using var witness = await RedisMonitor.StartAsync(cluster.Redis.Port);
            var pushing = PushUntilAsync(push, enough.Token);
            var watch = Stopwatch.StartNew();
            await ComeAsync(clients, cluster, shift: 1);
            await AllAtAsync(clients, 1 + Missed);
            var took = watch.Elapsed;
            await enough.CancelAsync();
            var last = await pushing;
            await AllAtAsync(clients, last);
            var commands = await witness.StopAsync();

            var live = last - 1 - Missed;
            var cost = (double)commands.Count / count;
            var kinds = string.Join("\n", commands.CountBy(static command => command).OrderByDescending(static kind => kind.Value).Select(static kind => $"{kind.Value} {kind.Key}"));
            output.WriteLine($"{count} clients were back after {took.TotalSeconds:0.0} s, with {live} pushes meanwhile, for {cost:0.00} operations each\n{kinds}");
            Assert.All(clients, static client => Assert.True(client.Recovered));
            Assert.All(clients, static client => Assert.Empty(client.Faults));
            Assert.True(live > 0, "Nobody pushed while they came.");
            Assert.True(cost <= MostOperations, $"Each client cost {cost} operations of Redis.\n{kinds}");
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }
    }

    /// <summary>Each to a node of two of the three; with another shift, each to another one.</summary>
    private static Task ComeAsync(List<LeanClient> clients, TestCluster cluster, int shift) => Parallel.ForEachAsync(
        clients.Select(static (client, i) => (client, i)), new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
        async (one, _) => await one.client.ComeAsync(cluster.NodeHttpPorts[(one.i % 2) + shift]));

    private static Task AllAtAsync(List<LeanClient> clients, long offset) => Wait.UntilAsync(
        () => clients.TrueForAll(client => client.Offset >= offset || client.Faults.Count > 0), $"all to have message {offset}", Patience);

    private async Task<int> UsersAsync(ControllerService.ControllerServiceClient controller) =>
        (await controller.GetRoomInfoAsync(new GetRoomInfoRequest { RoomId = _room })).UserCount;

    private async Task<long> PushUntilAsync(PushManagerService.PushManagerServiceClient push, CancellationToken enough)
    {
        var last = 0L;
        while (!enough.IsCancellationRequested)
        {
            last = await PushAsync(push);
            await Task.Delay(BetweenPushes, enough).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return last;
    }

    private async Task<long> PushAsync(PushManagerService.PushManagerServiceClient push) => (await push.PushToRoomAsync(
        new PushToRoomRequest { RoomId = _room, Content = new Content { Data = "x" } })).Position.Offset;

    /// <summary>What this process may open, less what the rest of the tests has open.</summary>
    private static int MostSockets()
    {
        const string limit = "Max open files";
        var line = File.ReadLines("/proc/self/limits").Single(static line => line.StartsWith(limit, StringComparison.Ordinal));
        var most = line[limit.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return most == "unlimited" ? int.MaxValue : int.Parse(most, CultureInfo.InvariantCulture) - 1000;
    }
}
