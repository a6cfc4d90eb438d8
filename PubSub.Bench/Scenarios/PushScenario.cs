using PubSub.Bench.Cluster;
using PubSub.Bench.Load;
using PubSub.Bench.Publishing;

namespace PubSub.Bench.Scenarios;

/// <summary>
/// The whole way: gRPC to the push manager, log, routing, node, socket, all processes on this machine. First as many
/// pushes as go through with so many under way, then the latency at half of the promised rate.
/// </summary>
internal static class PushScenario
{
    private const int Nodes = 3;
    private const int Users = 1000;
    private const int Callers = 64;
    private const int Outstanding = 2000;
    private const double LogOnRate = 10_000;
    private const double LogOffRate = 20_000;

    public static async Task<BenchReport> RunAsync(BenchOptions options, Action<string> log)
    {
        var users = options.Scaled(Users);
        var figures = new List<Figure>();
        var curves = new List<Curve>();
        foreach (var (isOn, promised) in new[] { (false, LogOffRate), (true, LogOnRate) })
        {
            var (name, chosen) = isOn ? ("log on", options) : ("log off", options.With("USER_LOG_OFF", "true"));
            await using var load = await ClusterLoad.StartAsync(Nodes, users, users, PushTarget.User, Callers, chosen, log);
            var medians = new Medians();
            IEnumerable<Figure> processes = [];
            for (var round = 0; round <= options.Rounds; round++)
            {
                var (full, spent) = await load.MeasureAsync(run => run.SaturateAsync(options.Duration, Outstanding));
                var (half, _) = await load.MeasureAsync(run => run.PaceAsync(options.Duration, promised / 2));
                var (alone, _) = await load.MeasureAsync(run => run.PaceAsync(options.Duration, 100));
                log($"{name}, {(round == 0 ? "warm-up" : $"round {round} of {options.Rounds}")}: {full.Delivered / full.Elapsed.TotalSeconds:0} pushes/s, alone p50 {alone.Each.Percentile(0.5).TotalMilliseconds:0.##} ms");
                Measurement.Check(medians, $"{name}: ", full, half, alone);
                if (round == 0)
                    continue;
                medians.Add("rate", full.Delivered / full.Elapsed.TotalSeconds);
                medians.Add("per CPU", full.PerCpuSecond);
                spent.Collect(medians, $"{name}: ");
                medians.Add("half p99", half.Each.Percentile(0.99).TotalMilliseconds);
                medians.Add("alone p50", alone.Each.Percentile(0.5).TotalMilliseconds);
                medians.Add("alone p99", alone.Each.Percentile(0.99).TotalMilliseconds);
                if (round < options.Rounds)
                    continue;
                processes = spent.Figures(medians, $"{name}: ");
                curves.Add(Curve.Of("Latency to the socket", $"{name}, {promised / 2:0}/s", half.Each));
                curves.Add(Curve.Of("Latency to the socket", $"{name}, 100/s", alone.Each));
            }

            figures.AddRange(
            [
                new($"{name}: pushes, whole way", medians.Of("rate"), "/s", AtLeast: promised),
                new($"{name}: pushes per second of CPU of all processes", medians.Of("per CPU"), "/s"),
                .. processes,
                new($"{name}: p99 at {promised / 2:0}/s", medians.Of("half p99"), "ms", AtMost: 25),
                new($"{name}: push to one user, p50 at 100/s", medians.Of("alone p50"), "ms", AtMost: 1.5),
                new($"{name}: push to one user, p99 at 100/s", medians.Of("alone p99"), "ms"),
                .. Measurement.Checks(medians, $"{name}: "),
            ]);
        }

        return new BenchReport(
            "push", $"{users} users on {Nodes} nodes, pushes by gRPC from {Callers} callers in batches, all processes and the load on this machine", figures)
        { Curves = curves, Preset = BenchCluster.PresetWith("USER_LOG_OFF", "true where the log is off") };
    }
}
