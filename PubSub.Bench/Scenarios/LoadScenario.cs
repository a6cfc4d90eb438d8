using System.Globalization;
using PubSub.Bench.Load;

namespace PubSub.Bench.Scenarios;

/// <summary>
/// What a delivery costs, and how long it takes, as load grows: one room, ever more messages a second, and at last as many
/// as go through. A server that gathers what waits gets cheaper on the way; one that does not just gets later.
/// </summary>
internal static class LoadScenario
{
    private const int Clients = 1000;
    private const int MessageSize = 128;
    private const int Outstanding = 64;
    private const string Saturated = "saturated";
    private static readonly double[] Rates = [10, 20, 50, 100, 200, 500];

    public static async Task<BenchReport> RunAsync(BenchOptions options, Action<string> log)
    {
        var plans = Measurement.Plans(options.Scaled(Clients), 1);
        var medians = new Medians();
        await using var signalR = options.Alone ? null : await Side.SignalRAsync();
        await using var node = await Side.NodeAsync(options, log);
        Side[] sides = [.. new[] { node, signalR }.OfType<Side>()];
        var arenas = await Arena.OpenAsync(sides, plans, [plans.Length], MessageSize, log);
        try
        {
            for (var round = 0; round <= options.Rounds; round++)
            {
                log(round == 0 ? "warm-up" : $"round {round} of {options.Rounds}");
                for (var step = 0; step <= Rates.Length; step++)
                    await MeasureAsync(Arena.InTurn(arenas, round + step), step, round == 0, options, medians, log);
            }
        }
        finally
        {
            arenas.ForEach(static arena => arena.Dispose());
        }

        var names = sides.Select(static side => side.Name).ToArray();
        return new BenchReport(
            "load", $"{plans.Length} connections in one room, {MessageSize}-byte messages, from {Rates[0]} messages/s to {Outstanding} under way",
            [.. Enumerable.Range(0, Rates.Length + 1).SelectMany(step => Figures(medians, step, names))])
        {
            Curves =
            [
                .. names.Select(name => Growth("CPU of a delivery as load grows", "CPU", "us of CPU/delivery", name, plans.Length, medians)),
                .. names.Select(name => Growth("p99 as load grows", "p99", "ms", name, plans.Length, medians)),
            ],
        };
    }

    private static async Task MeasureAsync(
        IEnumerable<Arena> arenas, int step, bool isWarmUp, BenchOptions options, Medians medians, Action<string> log)
    {
        foreach (var arena in arenas)
        {
            var outcome = await arena.MeasureAsync(run => step == Rates.Length
                ? run.SaturateAsync(options.Duration, Outstanding)
                : run.PaceAsync(options.Duration, Rates[step]));
            var name = $"{NameOf(step)}, {arena.Side.Name}";
            Measurement.Check(medians, $"{name}, ", outcome);
            if (isWarmUp)
                continue;
            Measurement.Collect(medians, name, outcome);
            log(string.Create(CultureInfo.InvariantCulture, $"{name}: {outcome.CpuMicroseconds:0.##} us/delivery, p99 {outcome.Each.Percentile(0.99).TotalMilliseconds:0.##} ms"));
        }

        if (!isWarmUp && !options.Alone)
            medians.Add($"{NameOf(step)}, ratio", PerCpu("node") / PerCpu("SignalR"));

        double PerCpu(string side) => medians.Last($"{NameOf(step)}, {side}, deliveries per second of its CPU");
    }

    private static IEnumerable<Figure> Figures(Medians medians, int step, string[] names)
    {
        var at = NameOf(step);
        foreach (var name in names)
        {
            yield return new Figure($"{at}, {name}: CPU", medians.Of($"{at}, {name}, CPU"), "us/delivery");
            yield return new Figure($"{at}, {name}: p50", medians.Of($"{at}, {name}, p50"), "ms");
            yield return new Figure($"{at}, {name}: p99", medians.Of($"{at}, {name}, p99"), "ms");
            yield return new Figure($"{at}, {name}: deliveries", medians.Of($"{at}, {name}, deliveries"), "/s");
            foreach (var figure in Measurement.Checks(medians, $"{at}, {name}, "))
                yield return figure;
        }

        if (medians.Has($"{at}, ratio"))
            yield return new Figure($"{at}: node / SignalR, deliveries per second of CPU", medians.Of($"{at}, ratio"), "");
    }

    /// <summary>Over the messages that went through, which at the end of the line is what the side could do.</summary>
    private static Curve Growth(string chart, string figure, string unit, string name, int connections, Medians medians) => new(
        chart, name, $"messages/s to {connections} connections", unit,
        [.. Enumerable.Range(0, Rates.Length + 1).Select(step => new[]
        {
            step == Rates.Length ? medians.Of($"{Saturated}, {name}, deliveries") / connections : Rates[step],
            medians.Of($"{NameOf(step)}, {name}, {figure}"),
        })])
    {
        IsLogarithmic = true,
    };

    private static string NameOf(int step) =>
        step == Rates.Length ? Saturated : string.Create(CultureInfo.InvariantCulture, $"{Rates[step]} messages/s");
}
