using System.Globalization;

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

        var report = await chosen.RunAsync(options, errors.WriteLine);
        output.WriteLine(options.Json ? report.ToJson() : report.ToTable());
        return Ok;
    }

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
                case "--seconds" when Within(value, 1, 600, out var seconds):
                    options = options with { Seconds = seconds };
                    break;
                case "--rounds" when Within(value, 1, 100, out var rounds):
                    options = options with { Rounds = rounds };
                    break;
                case "--seconds":
                    fault = $"--seconds takes a number from 1 to 600, not '{value}'.";
                    break;
                case "--rounds":
                    fault = $"--rounds takes a number from 1 to 100, not '{value}'.";
                    break;
                default:
                    fault = $"There is no option '{args[at]}'. There are: --seconds, --rounds, --json.";
                    break;
            }

            at++;
        }

        return fault.Length == 0;
    }

    private static bool Within(string text, int least, int most, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= least && value <= most;

    private static string Usage(IReadOnlyList<Scenario> scenarios)
    {
        var width = scenarios.Max(scenario => scenario.Name.Length);
        var list = scenarios.Select(scenario => $"  {scenario.Name.PadRight(width)}  {scenario.Help}");
        return $"""
            dotnet run -c Release --project PubSub.Bench -- <scenario> [--seconds N] [--rounds N] [--json]

            {string.Join('\n', list)}

              --seconds  how long each measurement of a round lasts (2)
              --rounds   how often each is repeated; figures are medians (5)
              --json     the report as JSON on standard output

            """;
    }
}
