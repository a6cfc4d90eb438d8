using System.Globalization;
using System.Text;
using PubSub.Bench.Cluster;
using PubSub.Bench.Load;
using PubSub.Bench.Publishing;

namespace PubSub.Bench.Scenarios;

/// <summary>What permessage-deflate costs the node and saves the wire: the same messages to clients with it and without.</summary>
internal static class DeflateScenario
{
    private const int Clients = 1000;
    private const double Rate = 10;
    private static readonly int[] Sizes = [128, 1024, 8192];

    public static async Task<BenchReport> RunAsync(BenchOptions options, Action<string> log)
    {
        var plans = Measurement.Plans(options.Scaled(Clients), 1);
        var medians = new Medians();
        var curves = new List<Curve>();
        await using var without = await Side.NodeAsync(options, log);
        await using var with = await Side.NodeAsync(options.With("DEFLATE", "true"), log);
        using var plain = new ClientPool(without.Dialect);
        using var deflated = new ClientPool(with.Dialect with { Deflates = true });
        await plain.ConnectAsync(plans, _ => without.Door, 200, log);
        await deflated.ConnectAsync(plans, _ => with.Door, 200, log);
        (string Name, Side Side, ClientPool Pool, LoadRun[] Runs)[] arenas =
        [
            ("plain", without, plain, Runs(without, plain, plans.Length)),
            ("deflated", with, deflated, Runs(with, deflated, plans.Length)),
        ];
        for (var round = 0; round <= options.Rounds; round++)
        {
            log(round == 0 ? "warm-up" : $"round {round} of {options.Rounds}");
            for (var i = 0; i < Sizes.Length; i++)
            {
                // To and fro, so that nobody always comes first.
                foreach (var (name, side, pool, runs) in (round + i) % 2 == 0 ? arenas : Enumerable.Reverse(arenas))
                {
                    var bytes = pool.BytesRead;
                    var outcome = await Measurement.RunAsync(pool, runs[i], () => side.Figures, run => run.PaceAsync(options.Duration, Rate));
                    Measurement.Check(medians, $"{Sizes[i]} bytes, {name}: ", outcome);
                    if (round == 0)
                        continue;
                    medians.Add($"{Sizes[i]}, {name}, CPU", outcome.CpuMicroseconds);
                    medians.Add($"{Sizes[i]}, {name}, bytes", (double)(pool.BytesRead - bytes) / outcome.Delivered);
                    medians.Add($"{Sizes[i]}, {name}, p50", outcome.Last.Percentile(0.5).TotalMilliseconds);
                    medians.Add($"{Sizes[i]}, {name}, resident", outcome.Resident / 1048576.0);
                    if (round == options.Rounds)
                        curves.Add(Curve.Of($"Latency of {Sizes[i]} bytes", name, outcome.Each));
                }

                if (round > 0)
                    medians.Add($"{Sizes[i]}, cost", medians.Last($"{Sizes[i]}, deflated, CPU") / medians.Last($"{Sizes[i]}, plain, CPU"));
            }
        }

        var setup = string.Create(CultureInfo.InvariantCulture, $"{plans.Length} connections in one room, {Rate} messages/s of JSON; two nodes, one with DEFLATE");
        return new BenchReport("deflate", setup, [.. Sizes.SelectMany(size => Figures(medians, size))])
        {
            Curves = curves,
            Preset = BenchCluster.PresetWith("DEFLATE", "true on the second node"),
        };
    }

    // Clients check the order over all sizes, so the runs count on where the others stopped.
    private static LoadRun[] Runs(Side side, ClientPool pool, int clients)
    {
        var filler = Json();
        var publisher = side.Publisher;
        var sequences = new uint[1];
        return [.. Sizes.Select(size => new LoadRun(pool, publisher, [clients], size, filler, sequences))];
    }

    private static IEnumerable<Figure> Figures(Medians medians, int size)
    {
        foreach (var name in new[] { "plain", "deflated" })
        {
            yield return new Figure($"{size} bytes, {name}: CPU", medians.Of($"{size}, {name}, CPU"), "us/delivery");
            yield return new Figure($"{size} bytes, {name}: on the wire", medians.Of($"{size}, {name}, bytes"), "B/delivery");
            yield return new Figure($"{size} bytes, {name}: p50 to the last", medians.Of($"{size}, {name}, p50"), "ms");
            yield return new Figure($"{size} bytes, {name}: resident", medians.Of($"{size}, {name}, resident"), "MB");
            foreach (var figure in Measurement.Checks(medians, $"{size} bytes, {name}: "))
                yield return figure;
        }

        yield return new Figure($"{size} bytes: CPU, deflated / plain", medians.Of($"{size}, cost"), "");
        yield return new Figure(
            $"{size} bytes: on the wire, deflated / plain", medians.Of($"{size}, deflated, bytes") / medians.Of($"{size}, plain, bytes"), "");
    }

    /// <summary>Records as a dashboard or a chat would send them: the same names again and again, ever other values.</summary>
    private static string Json()
    {
        var random = new Random(7);
        string[] words = ["open", "pending", "shipped", "hello", "thanks", "see you at nine", "is anybody there", "yes", "on my way", "delivered"];
        var text = new StringBuilder();
        while (text.Length < 64 * 1024)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $$"""{"id":"{{random.NextInt64():x16}}","user":"user-{{random.Next(10_000)}}","state":"{{words[random.Next(words.Length)]}}","price":{{random.Next(100_000) / 100.0}},"note":"{{words[random.Next(words.Length)]}} {{words[random.Next(words.Length)]}}"},""");
        }

        return text.ToString();
    }
}
