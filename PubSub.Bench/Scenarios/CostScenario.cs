using Grpc.Net.Client;
using PubSub.Bench.Cluster;
using PubSub.Bench.Load;
using PubSub.Bench.Publishing;
using PubSub.Protocol;

namespace PubSub.Bench.Scenarios;

/// <summary>
/// A push must cost what is delivered, never what exists. The same pushes to the same room of ten, beside more and more
/// rooms that exist and members that sit elsewhere.
/// </summary>
internal static class CostScenario
{
    private const int Members = 10;
    private const double Rate = 1000;
    private const int CreatesAtOnce = 64;
    private static readonly (int Rooms, int Elsewhere)[] Worlds = [(0, 0), (10_000, 1000), (100_000, 10_000)];

    public static async Task<BenchReport> RunAsync(BenchOptions options, Action<string> log)
    {
        var points = new List<double[]>();
        var figures = new List<Figure>();
        await using var load = await ClusterLoad.StartAsync(3, Members, 1, PushTarget.Room, 16, options, log);
        using var elsewhere = new ClientPool(Dialect.Rooms);
        var made = 0;
        await load.MeasureAsync(run => run.PaceAsync(options.Duration, Rate));
        foreach (var (rooms, members) in Worlds.Select(world => (Rooms: options.Scaled(world.Rooms), Elsewhere: options.Scaled(world.Elsewhere))))
        {
            log($"a world of {rooms} rooms and {members} members elsewhere");
            await CreateRoomsAsync(load.Cluster, made, rooms);
            made = Math.Max(made, rooms);
            var plans = Enumerable.Range(elsewhere.Ready, Math.Max(0, members - elsewhere.Ready)).Select(static i => new ClientPlan(100 + i, 1 + (i / 10))).ToArray();
            await elsewhere.ConnectAsync(plans, plan => load.Cluster.Nodes[plan.Index % 3].Door, 100, log);
            var medians = new Medians();
            for (var round = 0; round < options.Rounds; round++)
            {
                var (outcome, spent) = await load.MeasureAsync(run => run.PaceAsync(options.Duration, Rate));
                medians.Add("cpu", spent.Where(static process => process.Key != "etcd").Sum(static process => process.Value));
                medians.Add("p50", outcome.Last.Percentile(0.5).TotalMilliseconds);
                medians.Add("delivered", outcome.PercentDelivered);
            }

            points.Add([members, medians.Of("cpu")]);
            figures.AddRange(
            [
                new($"{rooms} rooms, {members} members elsewhere: CPU of all processes", medians.Of("cpu"), "us/push"),
                new($"{rooms} rooms, {members} members elsewhere: p50 to the last", medians.Of("p50"), "ms"),
                new($"{rooms} rooms, {members} members elsewhere: delivered", medians.Of("delivered"), "%", AtLeast: 100),
            ]);
        }

        figures.Add(new Figure("largest world / smallest, CPU per push", points[^1][1] / points[0][1], "", AtMost: 1.2));
        return new BenchReport("cost", $"{Rate} pushes/s to a room of {Members} over 3 nodes, while ever more exists that has no part in it", figures)
        {
            Curves = [new Curve("Cost of a push", "CPU of all processes", "members elsewhere", "us/push", points)],
        };
    }

    private static async Task CreateRoomsAsync(BenchCluster cluster, int from, int to)
    {
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{cluster.ControllerPort}");
        var controller = new ControllerService.ControllerServiceClient(channel);
        await Parallel.ForAsync(from, Math.Max(from, to), new ParallelOptions { MaxDegreeOfParallelism = CreatesAtOnce }, async (i, _) =>
            await controller.CreateRoomAsync(new CreateRoomRequest { RoomId = $"world-{i}" }, cancellationToken: CancellationToken.None));
    }
}
