using System.Diagnostics;
using PubSub.Bench.Load;
using PubSub.Bench.Publishing;

namespace PubSub.Bench.Scenarios;

/// <summary>What one side did in one measurement.</summary>
internal sealed record Outcome(
    long Delivered, long Expected, long Disordered, TimeSpan Elapsed, TimeSpan Cpu, TimeSpan LoadCpu, long Resident,
    LatencyHistogram Each, LatencyHistogram Last)
{
    public double PercentDelivered => Expected == 0 ? 0 : 100.0 * Delivered / Expected;

    public double PerCpuSecond => Delivered / Math.Max(0.01, Cpu.TotalSeconds);

    public double CpuMicroseconds => Cpu.TotalMicroseconds / Math.Max(1, Delivered);
}

/// <summary>Runs a load against a side and reads the meters before and after.</summary>
internal static class Measurement
{
    private const int ConnectsAtOnce = 200;

    public static async Task<ClientPool> ConnectAsync(
        Side side, IReadOnlyList<ClientPlan> plans, Action<string> log, Func<ClientPlan, bool>? smallSocket = null, int atOnce = ConnectsAtOnce)
    {
        var pool = new ClientPool(side.Dialect) { SmallSocket = smallSocket ?? (static _ => false) };
        try
        {
            await pool.ConnectAsync(plans, _ => side.Door, atOnce, log);
            return pool;
        }
        catch
        {
            pool.Dispose();
            throw;
        }
    }

    public static ClientPlan[] Plans(int clients, int streams) =>
        [.. Enumerable.Range(0, clients).Select(i => new ClientPlan(i, i % streams))];

    public static int[] Receivers(IReadOnlyCollection<ClientPlan> plans, int streams)
    {
        var receivers = new int[streams];
        foreach (var plan in plans)
            receivers[plan.Stream]++;
        return receivers;
    }

    public static async Task<Outcome> RunAsync(ClientPool pool, LoadRun run, Func<ProcessFigures> server, Func<LoadRun, Task> drive)
    {
        pool.Deliveries.NewPhase();
        var (delivered, expected, disordered) = (pool.Deliveries.Arrived, pool.Deliveries.Expected, pool.Deliveries.Disordered);
        var before = server();
        var load = ProcessFigures.Read(Environment.ProcessId);
        var started = Stopwatch.GetTimestamp();
        await drive(run);
        await run.DrainAsync();
        var elapsed = Stopwatch.GetElapsedTime(started);
        var after = server();
        return new Outcome(
            pool.Deliveries.Arrived - delivered, pool.Deliveries.Expected - expected, pool.Deliveries.Disordered - disordered,
            elapsed, after.Cpu - before.Cpu, ProcessFigures.Read(Environment.ProcessId).Cpu - load.Cpu, after.Resident,
            pool.Deliveries.Each, pool.Deliveries.Last);
    }

    /// <summary>
    /// What is no matter of medians: for each round, the warm-up too, because what was lost or disordered there is no less so.
    /// </summary>
    public static void Check(Medians medians, string prefix, params ReadOnlySpan<Outcome> outcomes)
    {
        foreach (var outcome in outcomes)
        {
            medians.Add(prefix + "delivered", outcome.PercentDelivered);
            medians.Add(prefix + "out of order", outcome.Disordered);
        }
    }

    /// <summary>Of the worst round.</summary>
    public static Figure[] Checks(Medians medians, string prefix) =>
    [
        new(prefix + "delivered", medians.Least(prefix + "delivered"), "%", AtLeast: 100),
        new(prefix + "out of order", medians.Most(prefix + "out of order"), "", AtMost: 0),
    ];

    /// <summary>The figures of one side, under its name.</summary>
    public static void Collect(Medians medians, string name, Outcome outcome)
    {
        medians.Add($"{name}, deliveries", outcome.Delivered / outcome.Elapsed.TotalSeconds);
        medians.Add($"{name}, deliveries per second of its CPU", outcome.PerCpuSecond);
        medians.Add($"{name}, CPU", outcome.CpuMicroseconds);
        medians.Add($"{name}, p50", outcome.Each.Percentile(0.5).TotalMilliseconds);
        medians.Add($"{name}, p99", outcome.Each.Percentile(0.99).TotalMilliseconds);
        medians.Add($"{name}, last one p50", outcome.Last.Percentile(0.5).TotalMilliseconds);
        medians.Add($"{name}, resident", outcome.Resident / 1048576.0);
        medians.Add($"{name}, the load's CPU", outcome.LoadCpu.TotalMicroseconds / Math.Max(1, outcome.Delivered));
    }

    public static IEnumerable<Figure> Figures(Medians medians, string name) =>
    [
        new($"{name}, deliveries", medians.Of($"{name}, deliveries"), "/s"),
        new($"{name}, deliveries per second of its CPU", medians.Of($"{name}, deliveries per second of its CPU"), "/s"),
        new($"{name}, CPU", medians.Of($"{name}, CPU"), "us/delivery"),
        new($"{name}, p50", medians.Of($"{name}, p50"), "ms"),
        new($"{name}, p99", medians.Of($"{name}, p99"), "ms"),
        new($"{name}, p50 to the last one", medians.Of($"{name}, last one p50"), "ms"),
        new($"{name}, resident", medians.Of($"{name}, resident"), "MB"),
        .. Checks(medians, $"{name}, "),
        new($"{name}, the load's own CPU", medians.Of($"{name}, the load's CPU"), "us/delivery"),
    ];
}
