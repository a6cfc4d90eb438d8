using System.Globalization;
using PubSub.Bench.Cluster;
using PubSub.Bench.Load;
using PubSub.Protocol;

namespace PubSub.Bench.Scenarios;

/// <summary>
/// Some readers stop reading, and their sockets fill. Whatever their room has chosen for them, the others must not notice
/// and the node must not grow beyond its bounds. For each policy a node of its own.
/// </summary>
internal static class SlowReadersScenario
{
    private const int MostRounds = 3;
    private const int Connections = 10_000;

    private static readonly SlowPolicy Disconnect = new("disconnect", SlowReaderPolicy.Disconnect, Keys: 0);
    private static readonly SlowPolicy Drop = new("drop oldest", SlowReaderPolicy.DropOldest, Keys: 0);
    private static readonly SlowPolicy Conflate = new("conflate", SlowReaderPolicy.Conflate, Keys: 8);

    public static Task<BenchReport> RunAsync(BenchOptions options, Action<string> log) =>
        RunAsync("slow-readers", [Disconnect, Drop, Conflate], options, log);

    public static Task<BenchReport> DropAsync(BenchOptions options, Action<string> log) =>
        RunAsync("slow-readers-drop", [Drop], options, log);

    public static Task<BenchReport> ConflateAsync(BenchOptions options, Action<string> log) =>
        RunAsync("slow-readers-conflate", [Conflate], options, log);

    private static async Task<BenchReport> RunAsync(string name, SlowPolicy[] policies, BenchOptions options, Action<string> log)
    {
        var connections = options.Scaled(Connections);
        var rounds = Math.Min(options.Rounds, MostRounds);
        var figures = new List<Figure>();
        var curves = new List<Curve>();
        foreach (var policy in policies)
        {
            var medians = new Medians();
            await using var run = await SlowReadersRun.StartAsync(policy, connections, options, log);
            for (var round = 1; round <= rounds; round++)
                curves = [.. curves, .. (await run.MeasureAsync(round, medians)).Where(_ => round == rounds)];
            figures.AddRange(Figures(policy, run, medians));
        }

        if (!options.Alone)
            figures.AddRange(await SlowReadersOfSignalR.MeasureAsync(connections, options, log));

        var stopping = Measurement.Plans(connections, 1).Count(SlowReadersRun.Stops);
        var preset = BenchCluster.PresetWith(SlowPolicy.BoundOfOne, SlowPolicy.BytesOfOne.ToString(CultureInfo.InvariantCulture));
        preset[SlowPolicy.Heartbeat] = SlowPolicy.SecondsOfSilence;
        preset[SlowPolicy.BoundOfAll] = string.Join(", ", policies.Select(policy => $"{policy.BytesOfAll(stopping)} ({policy.Name})"));
        return new BenchReport(
            name,
            $"{connections} readers of one room, {SlowReadersRun.MessageSize}-byte messages at {SlowReadersRun.Rate}/s, one in {SlowReadersRun.OneIn} stops reading, with small sockets; measured while those are behind, at most {MostRounds} rounds",
            figures)
        { Curves = curves, Preset = preset };
    }

    private static IEnumerable<Figure> Figures(SlowPolicy policy, SlowReadersRun run, Medians medians)
    {
        var name = policy.Name;
        var cuts = policy.Policy == SlowReaderPolicy.Disconnect;
        return
        [
            new($"{name}: all read, p99", medians.Of("all read"), "ms"),
            new($"{name}: some behind, p99 of the others", medians.Of("some behind"), "ms"),
            new($"{name}: ratio", medians.Of("ratio"), "", AtMost: 1.2),
            .. Measurement.Checks(medians, $"{name}, the others: "),
            new($"{name}: measured while they were behind, at least", medians.Least("behind for"), "s"),
            new($"{name}: waited for those who stopped, at most", medians.Most("bytes") / 1048576, "MB", AtLeast: run.Stopping * 1024 / 1048576.0),
            new($"{name}: memory of that, at most", medians.Most("memory") / 1024, "KB", AtMost: run.BoundOfAll / 1024.0),
            cuts
                ? new($"{name}: cut off, of those who stopped", medians.Least("cut off"), "%", AtLeast: 100, AtMost: 100)
                : new($"{name}: cut off, of those who stopped", medians.Most("cut off"), "%", AtMost: 0),
            .. cuts ? Array.Empty<Figure>() :
            [
                new($"{name}: messages passed over, of those for the stopped", medians.Least("passed over"), "%"),
                new($"{name}: of the node's bound, at most", 100 * medians.Most("memory") / run.BoundOfAll, "%", AtMost: 100),
            ],
            new($"{name}: node's memory, all read", medians.Of("resident"), "MB"),
            new($"{name}: node's memory, some behind, at most", medians.Most("most resident"), "MB"),
        ];
    }
}

/// <summary>What a room does with slow readers, and bounds that are met within a measurement.</summary>
/// <param name="Keys">So many states the messages are of.</param>
internal sealed record SlowPolicy(string Name, SlowReaderPolicy Policy, int Keys)
{
    public const string BoundOfOne = "OUTBOX_MAX_BYTES";
    public const string BoundOfAll = "OUTBOX_NODE_MAX_BYTES";
    public const int BytesOfOne = 65_536;

    // Who has stopped answers no ping either, and would be cut off for that in the midst of it.
    public const string Heartbeat = "HEARTBEAT_SECONDS";
    public const string SecondsOfSilence = "600";

    private const int Ample = 8_388_608;
    private const int Smallest = 131_072;
    private const int ForEach = 6144;

    /// <summary>
    /// Who is cut off meets the own bound. Elsewhere the node's is to bind: readers in step share what they wait for, so what
    /// is to be bounded is little more than what each has on its way into a full socket.
    /// </summary>
    public int BytesOfAll(int stopping) => Policy == SlowReaderPolicy.Disconnect ? Ample : Math.Max(Smallest, ForEach * stopping);

    /// <summary>What the command line sets goes before.</summary>
    public BenchOptions On(BenchOptions options, int stopping) => options with
    {
        Settings = new Dictionary<string, string>
        {
            [Heartbeat] = SecondsOfSilence,
            [BoundOfOne] = BytesOfOne.ToString(CultureInfo.InvariantCulture),
            [BoundOfAll] = BytesOfAll(stopping).ToString(CultureInfo.InvariantCulture),
        }.Concat(options.Settings).GroupBy(static setting => setting.Key).ToDictionary(static group => group.Key, static group => group.Last().Value),
    };
}
