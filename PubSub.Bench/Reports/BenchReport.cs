using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using PubSub.Bench.Load;

namespace PubSub.Bench;

/// <param name="Name">What was measured.</param>
/// <param name="Value">The median over the rounds.</param>
/// <param name="Unit">Of the value.</param>
/// <param name="AtLeast">What it should be, where there is such a promise.</param>
/// <param name="AtMost">The same from the other side.</param>
internal sealed record Figure(string Name, double Value, string Unit, double? AtLeast = null, double? AtMost = null);

/// <summary>A line in a chart; lines of the same chart share its axes.</summary>
internal sealed record Curve(string Chart, string Name, string X, string Y, IReadOnlyList<double[]> Points)
{
    private static readonly double[] Shares = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9999];

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

    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    public string ToJson() => JsonSerializer.Serialize(
        new { Scenario, Setup, BenchMachine.Machine, BenchMachine.Commit, Settings, Figures, Curves }, Json);

    public string ToTable()
    {
        var rows = Figures
            .Select(figure => (figure.Name, Value: Rounded(figure.Value), figure.Unit, Target: TargetOf(figure)))
            .ToArray();
        var name = rows.Max(row => row.Name.Length);
        var value = rows.Max(row => row.Value.Length);
        var unit = rows.Max(row => row.Unit.Length);
        var lines = rows.Select(row => $"  {row.Name.PadRight(name)}  {row.Value.PadLeft(value)} {row.Unit.PadRight(unit)}  {row.Target}".TrimEnd());
        return $"{Scenario}: {Setup}\n{BenchMachine.Machine}, commit {BenchMachine.Commit}{SettingsLine()}\n\n{string.Join('\n', lines)}";
    }

    public static string TargetOf(Figure figure) => figure switch
    {
        { AtLeast: { } least } => $"at least {Rounded(least)}: {Verdict(figure.Value >= least)}",
        { AtMost: { } most } => $"at most {Rounded(most)}: {Verdict(figure.Value <= most)}",
        _ => "",
    };

    public static string Rounded(double value) =>
        value.ToString(Math.Abs(value) >= 100 ? "N0" : "0.###", CultureInfo.InvariantCulture);

    private static string Verdict(bool met) => met ? "met" : "MISSED";

    private string SettingsLine() =>
        Settings.Count == 0 ? "" : ", " + string.Join(", ", Settings.Select(setting => $"{setting.Key}={setting.Value}"));
}
