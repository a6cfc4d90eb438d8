using System.Diagnostics;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Deploy;

/// <summary>What a service itself says of its settings under some environment: --print-config.</summary>
internal sealed class ServiceSettings
{
    private readonly Dictionary<string, string> _values = [];

    private ServiceSettings(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            // Setting, variable, value, default, description: in columns with two blanks between them.
            var columns = line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (columns.Length > 2)
                _values[columns[1]] = columns[2];
        }
    }

    public IEnumerable<string> Names => _values.Keys;

    public string? this[string variable] => _values.GetValueOrDefault(variable);

    public static async Task<ServiceSettings> OfAsync(string project, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, project + ".dll"), "--print-config"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await Wait.ForAsync(process.WaitForExitAsync(), $"{project} to print its settings");
        Assert.True(process.ExitCode == 0, await errors);
        return new ServiceSettings(output.Split('\n').Skip(1));
    }
}
