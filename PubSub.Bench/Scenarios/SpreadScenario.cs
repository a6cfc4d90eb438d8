using PubSub.Bench.Load;
using PubSub.Bench.Publishing;

namespace PubSub.Bench.Scenarios;

/// <summary>One channel over several nodes: how long until the last member has a message.</summary>
internal sealed class SpreadScenario(string name, int nodes, int clients, PushTarget target, double rate)
{
    public double? LastP50 { get; init; }

    public double? LastP99 { get; init; }

    /// <summary>Beside a SignalR server that has all members in one group of one process: what it spares is the way between processes.</summary>
    public bool WithSignalR { get; init; }

    /// <summary>
    /// Before the cluster and after it, the floor does the same: one frame to as many sockets, by a loop of sends. Not in between,
    /// because one process of the load cannot hold both sets of connections.
    /// </summary>
    public bool WithPlain { get; init; }

    public static SpreadScenario RoomOfHundred { get; } = new("room-of-100", 3, 100, PushTarget.Room, 200) { LastP50 = 2, LastP99 = 10, WithSignalR = true };

    public static SpreadScenario Broadcast { get; } = new("broadcast", 10, 1000, PushTarget.All, 10) { LastP50 = 30 };

    /// <summary>One node, 10,000 connections.</summary>
    public static SpreadScenario LargeBroadcast { get; } = new("broadcast-10000", 1, 10_000, PushTarget.All, 2) { LastP50 = 60, WithPlain = true };

    public async Task<BenchReport> RunAsync(BenchOptions options, Action<string> log)
    {
        var members = options.Scaled(clients);
        var medians = new Medians();
        var withPlain = WithPlain && !options.Alone;
        if (withPlain)
            await MeasurePlainAsync(members, options, medians, log);
        var report = await MeasureClusterAsync(members, options, medians, log);
        if (!withPlain)
            return report;
        await MeasurePlainAsync(members, options, medians, log);
        return report with
        {
            Figures =
            [
                .. report.Figures,
                .. Measurement.Figures(medians, "plain loop"),
                new("cluster / plain loop, p50 to the last member", medians.Of("p50") / medians.Of("plain loop, last one p50"), ""),
            ],
        };
    }

    private async Task MeasurePlainAsync(int members, BenchOptions options, Medians medians, Action<string> log)
    {
        await using var plain = await Side.PlainAsync();
        var arenas = await Arena.OpenAsync([plain], Measurement.Plans(members, 1), [members], ClusterLoad.MessageSize, log);
        using var arena = arenas.Single();
        for (var round = 0; round <= options.Rounds; round++)
        {
            var outcome = await arena.MeasureAsync(run => run.PaceAsync(options.Duration, rate));
            Log(log, "plain loop", round, options, outcome);
            Measurement.Check(medians, "plain loop, ", outcome);
            if (round > 0)
                Measurement.Collect(medians, "plain loop", outcome);
        }
    }

    private static void Log(Action<string> log, string side, int round, BenchOptions options, Outcome outcome) =>
        log($"{(round == 0 ? "warm-up" : $"round {round} of {options.Rounds}")}, {side}: last one after {outcome.Last.Percentile(0.5).TotalMilliseconds:0.##} ms");

    private async Task<BenchReport> MeasureClusterAsync(int members, BenchOptions options, Medians medians, Action<string> log)
    {
        // In a room all clients are one stream; a broadcast's users are each their own.
        await using var load = await ClusterLoad.StartAsync(nodes, members, target == PushTarget.Room ? 1 : members, target, 1, options, log);
        await using var signalR = WithSignalR && !options.Alone ? await Side.SignalRAsync() : null;
        var baselines = signalR is null ? [] : await Arena.OpenAsync([signalR], Measurement.Plans(members, 1), [members], ClusterLoad.MessageSize, log);
        using var baseline = baselines.SingleOrDefault();
        var curves = new List<Curve>();
        IEnumerable<Figure> processes = [];
        for (var round = 0; round <= options.Rounds; round++)
        {
            var (outcome, spent) = await load.MeasureAsync(run => run.PaceAsync(options.Duration, rate));
            Log(log, "cluster", round, options, outcome);
            Measurement.Check(medians, "", outcome);
            var other = baseline is null ? null : await baseline.MeasureAsync(run => run.PaceAsync(options.Duration, rate));
            if (other is not null)
                Measurement.Check(medians, "SignalR in one process, ", other);
            if (round == 0)
                continue;
            if (other is not null)
                Measurement.Collect(medians, "SignalR in one process", other);
            spent.Collect(medians, "");
            medians.Add("each", outcome.Each.Percentile(0.5).TotalMilliseconds);
            medians.Add("p50", outcome.Last.Percentile(0.5).TotalMilliseconds);
            medians.Add("p99", outcome.Last.Percentile(0.99).TotalMilliseconds);
            medians.Add("nodes", spent.CpuOfNodes / members);
            if (round < options.Rounds)
                continue;
            processes = spent.Figures(medians, "");
            if (other is not null)
                curves.Add(Curve.Of("Latency", "SignalR in one process, the last member", other.Last));
            curves.AddRange([Curve.Of("Latency", "each member", outcome.Each), Curve.Of("Latency", "the last member", outcome.Last)]);
        }

        return new BenchReport(
            name, $"{members} members over {nodes} nodes, {rate} pushes/s by gRPC, all processes and the load on this machine",
            [
                new("p50 to a member", medians.Of("each"), "ms"),
                new("p50 to the last member", medians.Of("p50"), "ms", AtMost: LastP50),
                new("p99 to the last member", medians.Of("p99"), "ms", AtMost: LastP99),
                new("CPU of the nodes", medians.Of("nodes"), "us/delivery"),
                .. Measurement.Checks(medians, ""),
                .. processes,
                .. signalR is null ? [] : Measurement.Figures(medians, "SignalR in one process"),
            ])
        { Curves = curves };
    }
}
