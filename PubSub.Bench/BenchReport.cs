using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PubSub.Bench;

/// <param name="Name">What was measured.</param>
/// <param name="Value">The median over the rounds.</param>
/// <param name="Unit">Of the value.</param>
/// <param name="AtLeast">What it should be, where there is such a promise.</param>
internal sealed record Figure(string Name, double Value, string Unit, double? AtLeast = null);

/// <summary>The figures of one run, for people or for programs.</summary>
internal sealed record BenchReport(string Scenario, string Setup, IReadOnlyList<Figure> Figures)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
    };

    public static string Machine =>
        $"{Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}";

    public string ToJson() => JsonSerializer.Serialize(new { Scenario, Setup, Machine, Figures }, Json);

    public string ToTable()
    {
        var rows = Figures
            .Select(figure => (figure.Name, Value: Rounded(figure.Value), figure.Unit, Target: TargetOf(figure)))
            .ToArray();
        var name = rows.Max(row => row.Name.Length);
        var value = rows.Max(row => row.Value.Length);
        var unit = rows.Max(row => row.Unit.Length);
        var lines = rows.Select(row => $"  {row.Name.PadRight(name)}  {row.Value.PadLeft(value)} {row.Unit.PadRight(unit)}  {row.Target}".TrimEnd());
        return $"{Scenario}: {Setup}\n{Machine}\n\n{string.Join('\n', lines)}";
    }

    private static string TargetOf(Figure figure) => figure.AtLeast switch
    {
        null => "",
        { } target when figure.Value >= target => $"at least {Rounded(target)}: met",
        { } target => $"at least {Rounded(target)}: MISSED",
    };

    private static string Rounded(double value) =>
        value.ToString(Math.Abs(value) >= 100 ? "N0" : "0.###", CultureInfo.InvariantCulture);
}
