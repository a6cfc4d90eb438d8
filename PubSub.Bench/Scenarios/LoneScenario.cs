using PubSub.Bench.Cluster;
using PubSub.Bench.Load;
using PubSub.Bench.Publishing;

namespace PubSub.Bench.Scenarios;

/// <summary>A single push to one user of three nodes' users: one after another, and 100 a second, when nothing is warm.</summary>
internal static class LoneScenario
{
    private const int Nodes = 3;
    private const int Users = 30;

    public static async Task<BenchReport> RunAsync(BenchOptions options, Action<string> log)
    {
        var figures = new List<Figure>();
        var curves = new List<Curve>();
        foreach (var isOn in new[] { true, false })
        {
            var (name, chosen) = isOn ? ("log on", options) : ("log off", options.With("USER_LOG_OFF", "true"));
            await using var load = await ClusterLoad.StartAsync(Nodes, Users, Users, PushTarget.User, 1, chosen, log);
            var medians = new Medians();
            IEnumerable<Figure> processes = [];
            for (var round = 0; round <= options.Rounds; round++)
            {
                var (turns, _) = await load.MeasureAsync(run => run.SaturateAsync(options.Duration, 1));
                var (paced, spent) = await load.MeasureAsync(run => run.PaceAsync(options.Duration, 100));
                log($"{name}, {(round == 0 ? "warm-up" : $"round {round}")}: in turn {turns.Each.Percentile(0.5).TotalMilliseconds:0.##}, paced {paced.Each.Percentile(0.5).TotalMilliseconds:0.##} {string.Join(" ", spent.Processes.Select(process => $"{process} {spent.Cpu(process):0}us"))}");
                Measurement.Check(medians, $"{name}: ", turns, paced);
                if (round == 0)
                    continue;
                spent.Collect(medians, $"{name}: ");
                medians.Add("turn p50", turns.Each.Percentile(0.5).TotalMilliseconds);
                medians.Add("turn p99", turns.Each.Percentile(0.99).TotalMilliseconds);
                medians.Add("p50", paced.Each.Percentile(0.5).TotalMilliseconds);
                medians.Add("p99", paced.Each.Percentile(0.99).TotalMilliseconds);
                if (round < options.Rounds)
                    continue;
                processes = spent.Figures(medians, $"{name}: ");
                curves.Add(Curve.Of("Latency to the socket", $"{name}, one after another", turns.Each));
                curves.Add(Curve.Of("Latency to the socket", $"{name}, 100/s", paced.Each));
            }

            figures.AddRange([
                new($"{name}: one after another, p50", medians.Of("turn p50"), "ms"),
                new($"{name}: one after another, p99", medians.Of("turn p99"), "ms"),
                new($"{name}: 100/s, p50", medians.Of("p50"), "ms", AtMost: 1.5),
                new($"{name}: 100/s, p99", medians.Of("p99"), "ms"),
                .. Measurement.Checks(medians, $"{name}: "),
                .. processes,
            ]);
        }

        return new BenchReport("lone", "one push at a time to one of 30 users on 3 nodes, by gRPC, all processes on this machine", figures)
        {
            Curves = curves,
            Preset = BenchCluster.PresetWith("USER_LOG_OFF", "true where the log is off"),
        };
    }
}
