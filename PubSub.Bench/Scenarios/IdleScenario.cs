using PubSub.Bench.Load;

namespace PubSub.Bench.Scenarios;

/// <summary>
/// What a connection costs that does nothing: half of the users in one room, half in rooms of ten. Memory is read at
/// several sizes, so that a slope can be told from a step, and again when all have left.
/// </summary>
internal static class IdleScenario
{
    private const int RoomSize = 10;
    private const int ConnectsAtOnce = 200;
    private static readonly int[] Sizes = [1000, 5000, 10_000, 15_000, 19_000];
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan CleanUp = TimeSpan.FromSeconds(40);

    // HEARTBEAT_SECONDS as a node has it, and SignalR's own keep-alive. Over less than one of them it is chance how many fall in.
    private const int HeartbeatSeconds = 15;
    private const int FewestHeartbeats = 2;

    public static async Task<BenchReport> RunAsync(BenchOptions options, Action<string> log)
    {
        var figures = new List<Figure>();
        var curves = new List<Curve>();
        await using (var node = await Side.NodeAsync(options, log))
            figures.AddRange(await MeasureAsync(node, options, curves, log));
        if (!options.Alone)
        {
            await using var signalR = await Side.SignalRAsync();
            figures.AddRange(await MeasureAsync(signalR, options, curves, log));
            figures.Add(new Figure(
                "SignalR / node, memory per connection",
                figures.First(static figure => figure.Name == "SignalR: memory per connection").Value
                / figures.First(static figure => figure.Name == "node: memory per connection").Value, ""));
        }

        return new BenchReport("idle", $"{options.Scaled(Sizes[^1])} plaintext connections, half in one room, half in rooms of {RoomSize}; nothing is pushed; CPU over {WholeHeartbeats(options).TotalSeconds} s", figures)
        {
            Curves = curves,
        };
    }

    private static async Task<IEnumerable<Figure>> MeasureAsync(Side side, BenchOptions options, List<Curve> curves, Action<string> log)
    {
        var isNode = side.Name == "node";
        using var pool = new ClientPool(side.Dialect);
        // What the first connections bring along (code, pools) belongs to the process, not to a connection.
        var plans = Enumerable.Range(0, options.Scaled(Sizes[^1])).Select(static i => new ClientPlan(i, i % 2 == 0 ? 0 : 1 + (i / 2 / RoomSize))).ToArray();
        var before = side.Figures;
        var points = new List<double[]>();
        var behind = side.Behind.ToDictionary(static process => process.Name, static _ => new List<double[]>());
        foreach (var size in Sizes.Select(options.Scaled))
        {
            log($"{side.Name}: to {size} connections");
            await pool.ConnectAsync(plans[pool.Ready..size], _ => side.Door, ConnectsAtOnce, log);
            await Task.Delay(Settle);
            points.Add([size, side.Figures.Resident / 1048576.0]);
            foreach (var process in side.Behind)
                behind[process.Name].Add([size, ProcessFigures.Read(process.Id).Resident / 1048576.0]);
        }

        var (slope, worst) = Line(points);
        var idle = side.Figures;
        var idleBehind = side.Behind.Select(static process => (process.Name, process.Id, ProcessFigures.Read(process.Id).Cpu)).ToList();
        var whole = WholeHeartbeats(options);
        log($"{side.Name}: idle for {whole.TotalSeconds} s");
        await Task.Delay(whole);
        var cpu = (side.Figures.Cpu - idle.Cpu).TotalMicroseconds / whole.TotalSeconds / pool.Ready;
        var cpuBehind = idleBehind.Select(before => new Figure(
            $"behind it, {before.Name}: CPU per second", (ProcessFigures.Read(before.Id).Cpu - before.Cpu).TotalMilliseconds / whole.TotalSeconds, "ms")).ToList();
        if (pool.Gone > 0)
            throw new InvalidOperationException($"{side.Name} ended {pool.Gone} idle connections.");
        await pool.LeaveAsync();
        log($"{side.Name}: all have left");
        await Task.Delay(CleanUp);
        var after = side.Figures.Resident;
        curves.Add(new Curve("Resident memory", side.Name, "connections", "MB", points));
        return
        [
            new($"{side.Name}: memory per connection", slope * 1024, "KB", AtMost: isNode ? 6 : null),
            new($"{side.Name}: farthest from the line", worst, "MB"),
            new($"{side.Name}: resident before the first connection", before.Resident / 1048576.0, "MB"),
            new($"{side.Name}: resident with all", points[^1][1], "MB"),
            new($"{side.Name}: resident after all have left", after / 1048576.0, "MB"),
            new($"{side.Name}: the same, of that before the first", (double)after / before.Resident, "", AtMost: isNode ? 1.1 : null),
            new($"{side.Name}: the same, of that with the first {options.Scaled(Sizes[0])}", after / 1048576.0 / points[0][1], "", AtMost: isNode ? 1.1 : null),
            new($"{side.Name}: CPU per second and connection", cpu, "us", AtMost: isNode ? 2.5 : null),
            .. behind.Select(static process => new Figure($"behind it, {process.Key}: memory per connection", Line(process.Value).Slope * 1024, "KB")),
            .. cpuBehind,
        ];
    }

    private static TimeSpan WholeHeartbeats(BenchOptions options)
    {
        var heartbeat = options.Settings.TryGetValue("HEARTBEAT_SECONDS", out var text) && int.TryParse(text, out var set) ? set : HeartbeatSeconds;
        return TimeSpan.FromSeconds(heartbeat * Math.Max(FewestHeartbeats, (int)Math.Ceiling((double)options.Seconds / heartbeat)));
    }

    /// <summary>The line through the points with the least squares, and how far the farthest is from it.</summary>
    private static (double Slope, double Worst) Line(List<double[]> points)
    {
        var (x, y) = (points.Average(static point => point[0]), points.Average(static point => point[1]));
        var slope = points.Sum(point => (point[0] - x) * (point[1] - y)) / Math.Max(1, points.Sum(point => (point[0] - x) * (point[0] - x)));
        return (slope, points.Max(point => Math.Abs(point[1] - y - (slope * (point[0] - x)))));
    }
}
