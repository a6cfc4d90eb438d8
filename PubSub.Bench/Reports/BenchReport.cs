using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using PubSub.Bench.Cluster;
using PubSub.Bench.Load;

namespace PubSub.Bench;

/// <param name="Name">What was measured.</param>
/// <param name="Value">The median over the rounds; of what must not happen at all, the worst of them.</param>
/// <param name="Unit">Of the value.</param>
/// <param name="AtLeast">What it should be, where there is such a promise.</param>
/// <param name="AtMost">The same from the other side.</param>
internal sealed record Figure(string Name, double Value, string Unit, double? AtLeast = null, double? AtMost = null);

/// <summary>A line in a chart; lines of the same chart share its axes.</summary>
internal sealed record Curve(string Chart, string Name, string X, string Y, IReadOnlyList<double[]> Points)
{
    private static readonly double[] Shares = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9999];

    /// <summary>Whether both axes go by powers of ten.</summary>
    public bool IsLogarithmic { get; init; }

    /// <summary>What share of the deliveries had arrived after how long.</summary>
    public static Curve Of(string chart, string name, LatencyHistogram latency) => new(
        chart, name, "share of the deliveries, %", "latency, ms",
        [.. Shares.Where(_ => latency.Count > 0).Select(share => new[] { share * 100, latency.Percentile(share).TotalMilliseconds })]);
}

/// <summary>The figures of one run, for people or for programs.</summary>
internal sealed record BenchReport(string Scenario, string Setup, IReadOnlyList<Figure> Figures)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
    };

    public IReadOnlyList<Curve> Curves { get; init; } = [];

    /// <summary>How it was asked for.</summary>
    public BenchOptions Options { get; init; } = new();

    /// <summary>What the measured services are given by the bench itself.</summary>
    public IReadOnlyDictionary<string, string> Preset { get; init; } = BenchCluster.Preset;

    /// <summary>Everything that one must know to repeat it, a line each.</summary>
    public IReadOnlyList<string> Circumstances =>
    [
        BenchMachine.Machine,
        $"commit {BenchMachine.Commit}",
        $"--seconds {Options.Seconds}, --rounds {Options.Rounds}, --scale {Options.Scale}{(Options.Alone ? ", --alone" : "")}",
        .. Line("--set", Options.Settings),
        .. Line("--against", Options.Against),
        .. Line("set by the bench:", Preset.Where(preset => !Options.Settings.ContainsKey(preset.Key))),
    ];

    public string ToJson() => JsonSerializer.Serialize(
        new
        {
            Scenario,
            Setup,
            BenchMachine.Machine,
            BenchMachine.Commit,
            Options.Seconds,
            Options.Rounds,
            Options.Scale,
            Options.Alone,
            Options.Settings,
            Options.Against,
            Preset,
            Figures,
            Curves,
        },
        Json);

    public string ToTable()
    {
        var rows = Figures
            .Select(figure => (figure.Name, Value: Rounded(figure.Value), figure.Unit, Target: TargetOf(figure)))
            .ToArray();
        var name = rows.Max(row => row.Name.Length);
        var value = rows.Max(row => row.Value.Length);
        var unit = rows.Max(row => row.Unit.Length);
        var lines = rows.Select(row => $"  {row.Name.PadRight(name)}  {row.Value.PadLeft(value)} {row.Unit.PadRight(unit)}  {row.Target}".TrimEnd());
        return $"{Scenario}: {Setup}\n{string.Join('\n', Circumstances)}\n\n{string.Join('\n', lines)}";
    }

    public static string TargetOf(Figure figure) => figure switch
    {
        { AtLeast: { } least, AtMost: { } most } => $"{Rounded(least)} to {Rounded(most)}: {Verdict(figure.Value >= least && figure.Value <= most)}",
        { AtLeast: { } least } => $"at least {Rounded(least)}: {Verdict(figure.Value >= least)}",
        { AtMost: { } most } => $"at most {Rounded(most)}: {Verdict(figure.Value <= most)}",
        _ => "",
    };

    public static string Rounded(double value) =>
        value.ToString(Math.Abs(value) >= 100 ? "N0" : "0.###", CultureInfo.InvariantCulture);

    private static string Verdict(bool met) => met ? "met" : "MISSED";

    private static string[] Line(string what, IEnumerable<KeyValuePair<string, string>> settings)
    {
        var all = string.Join(", ", settings.Select(static setting => $"{setting.Key}={setting.Value}"));
        return all.Length == 0 ? [] : [$"{what} {all}"];
    }
}
