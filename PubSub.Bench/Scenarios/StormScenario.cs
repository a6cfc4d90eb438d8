using System.Diagnostics;
using PubSub.Bench.Load;

namespace PubSub.Bench.Scenarios;

/// <summary>Everybody comes at once: handshake, announcement and join, until the answer to the join is there.</summary>
internal static class StormScenario
{
    private const int Connections = 10_000;
    private const int AtOnce = 500;
    private const int Warm = 500;
    private const int MostRounds = 3;
    private const double PerSecondAndCore = 10_000;
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    public static async Task<BenchReport> RunAsync(BenchOptions options, Action<string> log)
    {
        var medians = new Medians();
        var curves = new List<Curve>();
        var rounds = Math.Min(options.Rounds, MostRounds);
        for (var round = 1; round <= rounds; round++)
        {
            await using (var node = await Side.NodeAsync(options, log))
                await MeasureAsync(node, options, medians, round == rounds ? curves : [], log);
            if (options.Alone)
                continue;
            await using (var signalR = await Side.SignalRAsync())
                await MeasureAsync(signalR, options, medians, round == rounds ? curves : [], log);
            medians.Add("ratio", medians.Last("node per CPU") / medians.Last("SignalR per CPU"));
        }

        string[] names = options.Alone
            ? ["node", "node, just started"]
            : ["node", "node, just started", "SignalR", "SignalR, just started"];
        return new BenchReport(
            "storm", $"{options.Scaled(Connections)} connections into rooms of 100, {AtOnce} under way at once; at most {MostRounds} rounds; the server's own CPU counts",
            [
                .. names.SelectMany(name => new Figure[]
                {
                    new($"{name}: connects with join per second of its CPU", medians.Of($"{name} per CPU"), "/s", AtLeast: name.StartsWith("node", StringComparison.Ordinal) ? PerSecondAndCore : null),
                    new($"{name}: connects with join, wall clock", medians.Of($"{name} rate"), "/s"),
                    new($"{name}: CPU", medians.Of($"{name} cost"), "us/connect"),
                    new($"{name}: time of a connect with join, p50", medians.Of($"{name} p50"), "ms"),
                    new($"{name}: time of a connect with join, p99", medians.Of($"{name} p99"), "ms"),
                    new($"{name}: resident with all", medians.Of($"{name} resident"), "MB"),
                }),
                .. options.Alone ? Array.Empty<Figure>() : [new("node / SignalR, connects per second of CPU", medians.Of("ratio"), "")],
            ])
        { Curves = curves };
    }

    private static async Task MeasureAsync(Side side, BenchOptions options, Medians medians, List<Curve> curves, Action<string> log)
    {
        // First as after a start, when the code is still being compiled; then as in a node that has been there for a while.
        await StormAsync(side, $"{side.Name}, just started", options, medians, curves, log);
        await Task.Delay(Rest);
        await StormAsync(side, side.Name, options, medians, curves, log);
    }

    private static async Task StormAsync(Side side, string name, BenchOptions options, Medians medians, List<Curve> curves, Action<string> log)
    {
        using var pool = new ClientPool(side.Dialect);
        var plans = Enumerable.Range(0, Warm + options.Scaled(Connections)).Select(static i => new ClientPlan(i, i / 100)).ToArray();
        await pool.ConnectAsync(plans[..Warm], _ => side.Door, AtOnce, log);
        pool.NewEntrances();
        var before = side.Figures.Cpu;
        var started = Stopwatch.GetTimestamp();
        await pool.ConnectAsync(plans[Warm..], _ => side.Door, AtOnce, log);
        var elapsed = Stopwatch.GetElapsedTime(started);
        var cpu = side.Figures.Cpu - before;
        var connects = plans.Length - Warm;
        log($"{name}: {connects / cpu.TotalSeconds:0} connects per CPU second");
        medians.Add($"{name} per CPU", connects / cpu.TotalSeconds);
        medians.Add($"{name} rate", connects / elapsed.TotalSeconds);
        medians.Add($"{name} cost", cpu.TotalMicroseconds / connects);
        var entrances = pool.Entrances;
        medians.Add($"{name} p50", entrances.Percentile(0.5).TotalMilliseconds);
        medians.Add($"{name} p99", entrances.Percentile(0.99).TotalMilliseconds);
        medians.Add($"{name} resident", side.Figures.Resident / 1048576.0);
        curves.Add(Curve.Of("Time of a connect with join", name, entrances) with { X = "share of the connects, %" });
        await pool.LeaveAsync();
    }
}
