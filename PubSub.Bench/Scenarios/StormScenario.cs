using System.Diagnostics;
using PubSub.Bench.Load;

namespace PubSub.Bench.Scenarios;

/// <summary>Everybody comes at once: handshake, announcement and join, until the answer to the join is there.</summary>
internal static class StormScenario
{
    private const int Connections = 10_000;
    private const int AtOnce = 500;
    private const int Warm = 500;
    private const double PerSecondAndCore = 10_000;
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    public static async Task<BenchReport> RunAsync(BenchOptions options, Action<string> log)
    {
        var medians = new Medians();
        for (var round = 1; round <= Math.Min(options.Rounds, 3); round++)
        {
            await using (var node = await Side.NodeAsync(options, log))
                await MeasureAsync(node, options, medians, log);
            if (options.Alone)
                continue;
            await using (var signalR = await Side.SignalRAsync())
                await MeasureAsync(signalR, options, medians, log);
            medians.Add("ratio", medians.Last("node per CPU") / medians.Last("SignalR per CPU"));
        }

        string[] names = options.Alone
            ? ["node", "node, just started"]
            : ["node", "node, just started", "SignalR", "SignalR, just started"];
        return new BenchReport(
            "storm", $"{options.Scaled(Connections)} connections into rooms of 100, {AtOnce} under way at once; the server's own CPU counts",
            [
                .. names.SelectMany(name => new Figure[]
                {
                    new($"{name}: connects with join per second of its CPU", medians.Of($"{name} per CPU"), "/s", AtLeast: name == "node" ? PerSecondAndCore : null),
                    new($"{name}: connects with join, wall clock", medians.Of($"{name} rate"), "/s"),
                    new($"{name}: CPU", medians.Of($"{name} cost"), "us/connect"),
                }),
                .. options.Alone ? Array.Empty<Figure>() : [new("node / SignalR, connects per second of CPU", medians.Of("ratio"), "")],
            ]);
    }

    private static async Task MeasureAsync(Side side, BenchOptions options, Medians medians, Action<string> log)
    {
        // First as after a start, when the code is still being compiled; then as in a node that has been there for a while.
        await StormAsync(side, $"{side.Name}, just started", options, medians, log);
        await Task.Delay(Rest);
        await StormAsync(side, side.Name, options, medians, log);
    }

    private static async Task StormAsync(Side side, string name, BenchOptions options, Medians medians, Action<string> log)
    {
        using var pool = new ClientPool(side.Dialect);
        var plans = Enumerable.Range(0, Warm + options.Scaled(Connections)).Select(static i => new ClientPlan(i, i / 100)).ToArray();
        await pool.ConnectAsync(plans[..Warm], _ => side.Door, AtOnce, log);
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
        await pool.LeaveAsync();
    }
}
