using System.Globalization;
using PubSub.Bench.Load;

namespace PubSub.Bench;

/// <summary>The command line: picks a scenario, runs it, prints its report.</summary>
internal static class BenchCommand
{
    private const int Ok = 0;
    private const int WrongUse = 2;

    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args, IReadOnlyList<Scenario> scenarios, TextWriter output, TextWriter errors)
    {
        if (args is [] or ["--help" or "-h"])
        {
            output.Write(Usage(scenarios));
            return args.Length == 0 ? WrongUse : Ok;
        }

        if (scenarios.FirstOrDefault(scenario => scenario.Name == args[0]) is not { } chosen)
        {
            errors.WriteLine($"There is no scenario '{args[0]}'. There are: {string.Join(", ", scenarios.Select(scenario => scenario.Name))}.");
            return WrongUse;
        }

        if (!TryParse(args.AsSpan(1), out var options, out var fault))
        {
            errors.WriteLine(fault);
            return WrongUse;
        }

        if (options.Against.Count > 0 && !chosen.Compares)
        {
            errors.WriteLine($"{chosen.Name} takes no --against. These do: {string.Join(", ", scenarios.Where(scenario => scenario.Compares).Select(scenario => scenario.Name))}.");
            return WrongUse;
        }

        var before = WakeUp.Median();
        var report = await chosen.RunAsync(options, errors.WriteLine);
        report = report with { Options = options, Figures = [.. report.Figures, .. Machine(before, WakeUp.Median())] };
        output.WriteLine(options.Json ? report.ToJson() : report.ToTable());
        if (options.Report.Length > 0)
            await File.WriteAllTextAsync(options.Report, ReportPage.Write(report));
        return Ok;
    }

    private static Figure[] Machine(TimeSpan before, TimeSpan after) =>
    [
        new("this machine: to a sleeping thread and back, before", before.TotalMicroseconds, "us"),
        new("this machine: the same, after", after.TotalMicroseconds, "us"),
    ];

    private static bool TryParse(ReadOnlySpan<string> args, out BenchOptions options, out string fault)
    {
        options = new BenchOptions();
        fault = "";
        for (var at = 0; at < args.Length && fault.Length == 0; at++)
        {
            var value = at + 1 < args.Length ? args[at + 1] : "";
            switch (args[at])
            {
                case "--json":
                    options = options with { Json = true };
                    continue;
                case "--alone":
                    options = options with { Alone = true };
                    continue;
                case "--seconds" when Within(value, 1, 600, out var seconds):
                    options = options with { Seconds = seconds };
                    break;
                case "--rounds" when Within(value, 1, 100, out var rounds):
                    options = options with { Rounds = rounds };
                    break;
                case "--scale" when Within(value, 1, 100, out var scale):
                    options = options with { Scale = scale };
                    break;
                case "--report" when value.Length > 0:
                    options = options with { Report = value };
                    break;
                case "--set" when value.Split('=', 2) is [{ Length: > 0 } name, var setting]:
                    options = options.With(name, setting);
                    break;
                case "--against" when value.Split('=', 2) is [{ Length: > 0 } name, var setting]:
                    options = options with { Against = new Dictionary<string, string>(options.Against) { [name] = setting } };
                    break;
                default:
                    fault = Complaint(args[at], value);
                    break;
            }

            at++;
        }

        return fault.Length == 0;
    }

    private static string Complaint(string option, string value) => option switch
    {
        "--seconds" => $"--seconds takes a number from 1 to 600, not '{value}'.",
        "--rounds" => $"--rounds takes a number from 1 to 100, not '{value}'.",
        "--scale" => $"--scale takes a percentage from 1 to 100, not '{value}'.",
        "--report" => "--report takes the name of a file to write.",
        "--set" or "--against" => $"{option} takes NAME=VALUE, for example OUTBOX_MAX_FRAMES=100, not '{value}'.",
        _ => $"There is no option '{option}'. There are: --seconds, --rounds, --scale, --alone, --set, --against, --report, --json.",
    };

    private static bool Within(string text, int least, int most, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= least && value <= most;

    private static string Usage(IReadOnlyList<Scenario> scenarios)
    {
        var width = scenarios.Max(scenario => scenario.Name.Length);
        var list = scenarios.Select(scenario => $"  {scenario.Name.PadRight(width)}  {scenario.Help}");
        return $"""
            dotnet run -c Release --project PubSub.Bench -- <scenario> [options]

            {string.Join('\n', list)}

              --seconds N       how long each measurement of a round lasts (2)
              --rounds N        how often each is repeated; figures are medians, of what must not happen the worst (5)
              --scale PERCENT   fewer connections, for a quick look (100)
              --alone           without the baselines, for a quick look
              --set NAME=VALUE  a setting of the measured services; may be repeated
              --against NAME=VALUE  a second node with this setting in the same rounds, instead of the baselines
              --report FILE     also one HTML page with charts
              --json            the report as JSON on standard output

            """;
    }
}
