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

    public static SpreadScenario RoomOfHundred { get; } = new("room-of-100", 3, 100, PushTarget.Room, 200) { LastP50 = 2, LastP99 = 10, WithSignalR = true };

    public static SpreadScenario Broadcast { get; } = new("broadcast", 10, 1000, PushTarget.All, 10) { LastP50 = 30 };

    /// <summary>One node, 10,000 connections.</summary>
    public static SpreadScenario LargeBroadcast { get; } = new("broadcast-10000", 1, 10_000, PushTarget.All, 2) { LastP50 = 60 };

    public async Task<BenchReport> RunAsync(BenchOptions options, Action<string> log)
    {
        var members = options.Scaled(clients);
        // In a room all clients are one stream; a broadcast's users are each their own.
        await using var load = await ClusterLoad.StartAsync(nodes, members, target == PushTarget.Room ? 1 : members, target, 1, options, log);
        await using var signalR = WithSignalR && !options.Alone ? await Side.SignalRAsync() : null;
        var baselines = signalR is null ? [] : await Arena.OpenAsync([signalR], Measurement.Plans(members, 1), [members], ClusterLoad.MessageSize, log);
        using var baseline = baselines.SingleOrDefault();
        var medians = new Medians();
        var curves = new List<Curve>();
        IEnumerable<Figure> processes = [];
        for (var round = 0; round <= options.Rounds; round++)
        {
            var (outcome, spent) = await load.MeasureAsync(run => run.PaceAsync(options.Duration, rate));
            log($"{(round == 0 ? "warm-up" : $"round {round} of {options.Rounds}")}: last one after {outcome.Last.Percentile(0.5).TotalMilliseconds:0.##} ms");
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
