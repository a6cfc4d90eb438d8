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
        var curves = new List<Curve>();
        var figures = new List<Figure>();
        await using var load = await ClusterLoad.StartAsync(3, Members, 1, PushTarget.Room, 16, options, log);
        using var elsewhere = new ClientPool(Dialect.Rooms);
        var made = 0;
        var (first, _) = await load.MeasureAsync(run => run.PaceAsync(options.Duration, Rate));
        var warmUp = new Medians();
        Measurement.Check(warmUp, "warm-up: ", first);
        figures.AddRange(Measurement.Checks(warmUp, "warm-up: "));
        foreach (var (rooms, members) in Worlds.Select(world => (Rooms: options.Scaled(world.Rooms), Elsewhere: options.Scaled(world.Elsewhere))))
        {
            log($"a world of {rooms} rooms and {members} members elsewhere");
            await CreateRoomsAsync(load.Cluster, made, rooms);
            made = Math.Max(made, rooms);
            var plans = Enumerable.Range(elsewhere.Ready, Math.Max(0, members - elsewhere.Ready)).Select(static i => new ClientPlan(100 + i, 1 + (i / 10))).ToArray();
            await elsewhere.ConnectAsync(plans, plan => load.Cluster.Nodes[plan.Index % 3].Door, 100, log);
            var medians = new Medians();
            var world = $"{rooms} rooms, {members} members elsewhere: ";
            IEnumerable<Figure> processes = [];
            for (var round = 1; round <= options.Rounds; round++)
            {
                var (outcome, spent) = await load.MeasureAsync(run => run.PaceAsync(options.Duration, Rate));
                Measurement.Check(medians, world, outcome);
                spent.Collect(medians, world);
                medians.Add("cpu", spent.CpuOfAll);
                medians.Add("p50", outcome.Last.Percentile(0.5).TotalMilliseconds);
                if (round < options.Rounds)
                    continue;
                processes = spent.Figures(medians, world);
                curves.Add(Curve.Of("Latency to each member", $"{members} members elsewhere", outcome.Each));
            }

            points.Add([members, medians.Of("cpu")]);
            figures.AddRange(
            [
                new($"{world}CPU of all processes", medians.Of("cpu"), "us/push"),
                new($"{world}p50 to the last", medians.Of("p50"), "ms"),
                .. Measurement.Checks(medians, world),
                .. processes,
            ]);
        }

        figures.Add(new Figure("largest world / smallest, CPU per push", points[^1][1] / points[0][1], "", AtMost: 1.2));
        return new BenchReport("cost", $"{Rate} pushes/s to a room of {Members} over 3 nodes, while ever more exists that has no part in it", figures)
        {
            Curves = [new Curve("Cost of a push", "CPU of all processes", "members elsewhere", "us/push", points), .. curves],
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
