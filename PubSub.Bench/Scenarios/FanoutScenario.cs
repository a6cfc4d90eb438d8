using PubSub.Bench.Load;
using PubSub.Bench.Publishing;

namespace PubSub.Bench.Scenarios;

/// <summary>
/// The same load against SignalR, a plain loop of sends, and a node. All are measured in every round, so that whatever
/// else the machine does meets all of them; ratios are taken within a round.
/// </summary>
internal sealed class FanoutScenario(string name, int clients, int streams, Func<LoadRun, TimeSpan, Task> drive, string how)
{
    private const int MessageSize = 128;
    private const int Outstanding = 64;
    private const int CalmRate = 20;

    public double? SignalRTimes { get; init; }

    public double? PlainCpu { get; init; }

    public double? PlainP99 { get; init; }

    /// <summary>To users instead of rooms; one connection each.</summary>
    public bool ToUsers { get; init; }

    public static FanoutScenario Saturated { get; } = new(
        "fan-out", 1000, 1, static (run, duration) => run.SaturateAsync(duration, Outstanding), $"{Outstanding} messages under way")
    {
        SignalRTimes = 8,
    };

    public static FanoutScenario Calm { get; } = new(
        "fan-out-calm", 1000, 1, static (run, duration) => run.PaceAsync(duration, CalmRate), $"{CalmRate} messages/s")
    {
        PlainCpu = 1.3,
        PlainP99 = 1.5,
    };

    public static FanoutScenario Rooms { get; } = new(
        "rooms", 1000, 100, static (run, duration) => run.SaturateAsync(duration, Outstanding), $"{Outstanding} messages under way")
    {
        SignalRTimes = 2,
    };

    public static FanoutScenario OneToOne { get; } = new(
        "one-to-one", 1000, 1000, static (run, duration) => run.SaturateAsync(duration, Outstanding), $"{Outstanding} messages under way")
    {
        SignalRTimes = 2,
        ToUsers = true,
    };

    public async Task<BenchReport> RunAsync(BenchOptions options, Action<string> log)
    {
        var plans = Measurement.Plans(options.Scaled(clients), Math.Min(streams, options.Scaled(clients)));
        var receivers = Measurement.Receivers(plans, plans.Max(static plan => plan.Stream) + 1);
        var medians = new Medians();
        var curves = new List<Curve>();
        var withOther = options.Against.Count > 0;
        var withSignalR = !options.Alone && !withOther;
        var withPlain = receivers.Length == 1 && withSignalR;
        await using var signalR = withSignalR ? await Side.SignalRAsync() : null;
        await using var plain = withPlain ? await Side.PlainAsync() : null;
        await using var node = await Side.NodeAsync(options, log, ToUsers);
        await using var other = withOther ? await Side.NodeAsync(options.OfTheOther(), log, ToUsers, Other(options)) : null;
        Side[] sides = [.. new[] { signalR, plain, node, other }.OfType<Side>()];
        var arenas = await Arena.OpenAsync(sides, plans, receivers, MessageSize, log);
        try
        {
            for (var round = 0; round <= options.Rounds; round++)
            {
                foreach (var arena in Arena.InTurn(arenas, round))
                {
                    var side = arena.Side.Name;
                    var outcome = await arena.MeasureAsync(load => drive(load, options.Duration));
                    log($"{(round == 0 ? "warm-up" : $"round {round} of {options.Rounds}")}, {side}: {BenchReport.Rounded(outcome.PerCpuSecond)} deliveries per CPU second, {outcome.PercentDelivered:0.##} %");
                    Measurement.Check(medians, $"{side}, ", outcome);
                    if (round == 0)
                        continue;
                    Measurement.Collect(medians, side, outcome);
                    if (round == options.Rounds)
                        curves.Add(Curve.Of("Latency", side, outcome.Each));
                }

                if (round > 0)
                    CollectRatios(medians, [.. sides.Select(static side => side.Name)]);
            }
        }
        finally
        {
            arenas.ForEach(static arena => arena.Dispose());
        }

        var setup = $"{plans.Length} connections in {receivers.Length} {(ToUsers ? "users" : "rooms")}, {MessageSize}-byte messages, {how}; the server in a process of its own";
        return new BenchReport(name, setup, [.. sides.SelectMany(side => Measurement.Figures(medians, side.Name)), .. Ratios(medians)]) { Curves = curves };
    }

    private static string Other(BenchOptions options) => $"node with {string.Join(", ", options.Against.Select(static setting => $"{setting.Key}={setting.Value}"))}";

    private static void CollectRatios(Medians medians, string[] sides)
    {
        if (sides.Contains("SignalR"))
            medians.Add("node / SignalR", medians.Last("node, deliveries per second of its CPU") / medians.Last("SignalR, deliveries per second of its CPU"));
        if (sides.Contains("plain loop"))
        {
            medians.Add("CPU over plain", medians.Last("node, CPU") / medians.Last("plain loop, CPU"));
            medians.Add("p99 over plain", medians.Last("node, p99") / medians.Last("plain loop, p99"));
        }

        if (sides[^1] != "node")
            medians.Add("CPU over node", medians.Last($"{sides[^1]}, CPU") / medians.Last("node, CPU"));
    }

    private IEnumerable<Figure> Ratios(Medians medians)
    {
        if (medians.Has("node / SignalR"))
            yield return new Figure("node / SignalR, deliveries per second of CPU", medians.Of("node / SignalR"), "", AtLeast: SignalRTimes);
        if (medians.Has("CPU over plain"))
        {
            yield return new Figure("node / plain loop, CPU per delivery", medians.Of("CPU over plain"), "", AtMost: PlainCpu);
            yield return new Figure("node / plain loop, p99", medians.Of("p99 over plain"), "", AtMost: PlainP99);
        }

        if (medians.Has("CPU over node"))
            yield return new Figure("the other node / node, CPU per delivery", medians.Of("CPU over node"), "");
    }
}
