using System.Diagnostics;

namespace PubSub.LocalTools;

/// <summary>A program that was found, with what it takes to start it.</summary>
/// <param name="FileName">The file to execute.</param>
/// <param name="Arguments">Arguments that come before those of the caller.</param>
/// <param name="Environment">Variables the program needs beyond those of this process.</param>
/// <param name="Origin">Where it comes from, for people to read.</param>
public sealed record ToolCommand(
    string FileName,
    IReadOnlyList<string> Arguments,
    IReadOnlyDictionary<string, string> Environment,
    string Origin)
{
    internal static ToolCommand Installed(string fileName, string origin) =>
        new(fileName, [], new Dictionary<string, string>(), origin);

    /// <summary>A start description without shell, input or window; redirect what you want to read.</summary>
    public ProcessStartInfo StartInfo(params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(FileName) { UseShellExecute = false };
        foreach (var argument in Arguments.Concat(arguments))
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in Environment)
            start.Environment[name] = value;
        return start;
    }
}
