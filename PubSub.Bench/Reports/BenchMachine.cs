using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PubSub.Bench;

/// <summary>Where a figure comes from: without it, it says nothing.</summary>
internal static class BenchMachine
{
    public static string Machine { get; } =
        $"{Environment.ProcessorCount} cores{Processor()}, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}";

    public static string Commit { get; } = Git("describe", "--always", "--dirty", "--abbrev=12");

    private static string Processor()
    {
        const string Key = "model name";
        if (!File.Exists("/proc/cpuinfo"))
            return "";
        var line = File.ReadLines("/proc/cpuinfo").FirstOrDefault(static line => line.StartsWith(Key, StringComparison.Ordinal));
        return line is null ? "" : $" of {line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()}";
    }

    private static string Git(params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo("git", arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = AppContext.BaseDirectory,
            };
            using var git = Process.Start(start)!;
            var answer = git.StandardOutput.ReadToEnd().Trim();
            git.WaitForExit();
            return answer.Length > 0 ? answer : "unknown";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // A machine without git has figures too.
            return "unknown";
        }
    }
}
