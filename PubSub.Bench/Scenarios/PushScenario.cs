using PubSub.Bench.Cluster;
using PubSub.Bench.Load;
using PubSub.Bench.Publishing;

namespace PubSub.Bench.Scenarios;

/// <summary>
/// The whole way: gRPC to the push manager, log, routing, node, socket, all processes on this machine. First as many
/// pushes as go through with so many under way, then the latency at half of the promised rate. Beside a SignalR server that
/// has all users in one process: it has no log to write, and nobody to ask where a user is.
/// </summary>
internal static class PushScenario
{
    private const int Nodes = 3;
    private const int Users = 1000;
    private const int Callers = 64;
    private const int Outstanding = 2000;
    private const string SignalR = "SignalR in one process";

    private static readonly Way[] Ways = [new("log off", IsLogged: false, Promised: 20_000), new("log on", IsLogged: true, Promised: 10_000)];

    public static async Task<BenchReport> RunAsync(BenchOptions options, Action<string> log)
    {
        var users = options.Scaled(Users);
        await using var signalR = options.Alone ? null : await Side.SignalRAsync();
        var plans = Measurement.Plans(users, users);
        var baselines = signalR is null ? [] : await Arena.OpenAsync([signalR], plans, Measurement.Receivers(plans, users), ClusterLoad.MessageSize, log);
        using var baseline = baselines.SingleOrDefault();
        var figures = new List<Figure>();
        var curves = new List<Curve>();
        foreach (var way in Ways)
        {
            await using var load = await ClusterLoad.StartAsync(
                Nodes, users, users, PushTarget.User, Callers, way.IsLogged ? options : options.With("USER_LOG_OFF", "true"), log);
            figures.AddRange(await MeasureAsync(way, load, baseline, options, curves, log));
        }

        return new BenchReport(
            "push", $"{users} users on {Nodes} nodes, pushes by gRPC from {Callers} callers in batches, all processes and the load on this machine", figures)
        { Curves = curves, Preset = BenchCluster.PresetWith("USER_LOG_OFF", "true where the log is off") };
    }

    private static async Task<IEnumerable<Figure>> MeasureAsync(
        Way way, ClusterLoad load, Arena? baseline, BenchOptions options, List<Curve> curves, Action<string> log)
    {
        var (name, half) = (way.Name, way.Promised / 2);
        var medians = new Medians();
        IEnumerable<Figure> processes = [];
        for (var round = 0; round <= options.Rounds; round++)
        {
            var (full, spent) = await load.MeasureAsync(run => run.SaturateAsync(options.Duration, Outstanding));
            var (paced, _) = await load.MeasureAsync(run => run.PaceAsync(options.Duration, half));
            var (alone, _) = await load.MeasureAsync(run => run.PaceAsync(options.Duration, 100));
            var other = baseline is null ? null : await baseline.MeasureAsync(run => run.SaturateAsync(options.Duration, Outstanding));
            log($"{name}, {(round == 0 ? "warm-up" : $"round {round} of {options.Rounds}")}: {full.Delivered / full.Elapsed.TotalSeconds:0} pushes/s, alone p50 {alone.Each.Percentile(0.5).TotalMilliseconds:0.##} ms");
            Measurement.Check(medians, $"{name}: ", full, paced, alone);
            if (other is not null)
                Measurement.Check(medians, $"{name}: {SignalR}, ", other);
            if (round == 0)
                continue;
            medians.Add("rate", full.Delivered / full.Elapsed.TotalSeconds);
            medians.Add("per CPU", full.PerCpuSecond);
            spent.Collect(medians, $"{name}: ");
            medians.Add("half p99", paced.Each.Percentile(0.99).TotalMilliseconds);
            medians.Add("alone p50", alone.Each.Percentile(0.5).TotalMilliseconds);
            medians.Add("alone p99", alone.Each.Percentile(0.99).TotalMilliseconds);
            if (other is not null)
            {
                Measurement.Collect(medians, $"{name}: {SignalR}", other);
                medians.Add("of SignalR", full.PerCpuSecond / other.PerCpuSecond);
            }

            if (round < options.Rounds)
                continue;
            processes = spent.Figures(medians, $"{name}: ");
            curves.Add(Curve.Of("Latency to the socket", $"{name}, {half:0}/s", paced.Each));
            curves.Add(Curve.Of("Latency to the socket", $"{name}, 100/s", alone.Each));
        }

        return
        [
            new($"{name}: pushes, whole way", medians.Of("rate"), "/s", AtLeast: way.Promised),
            new($"{name}: pushes per second of CPU of all processes", medians.Of("per CPU"), "/s"),
            .. processes,
            new($"{name}: p99 at {half:0}/s", medians.Of("half p99"), "ms", AtMost: 25),
            new($"{name}: push to one user, p50 at 100/s", medians.Of("alone p50"), "ms", AtMost: 1.5),
            new($"{name}: push to one user, p99 at 100/s", medians.Of("alone p99"), "ms"),
            .. Measurement.Checks(medians, $"{name}: "),
            .. baseline is null ? [] : Measurement.Figures(medians, $"{name}: {SignalR}"),
            .. baseline is null ? Array.Empty<Figure>() : [new($"{name}: per second of CPU, all processes / {SignalR}", medians.Of("of SignalR"), "")],
        ];
    }

    private sealed record Way(string Name, bool IsLogged, double Promised);
}
