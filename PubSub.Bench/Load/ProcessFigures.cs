using System.Globalization;

namespace PubSub.Bench.Load;

/// <summary>What the kernel says of a process at one moment.</summary>
/// <param name="Cpu">User and system time so far.</param>
/// <param name="Resident">Bytes of memory that are there.</param>
internal readonly record struct ProcessFigures(TimeSpan Cpu, long Resident)
{
    private const int TicksPerSecond = 100;

    public static ProcessFigures Read(int processId)
    {
        var stat = File.ReadAllText($"/proc/{processId}/stat");
        // The name stands in parentheses and may hold anything.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var ticks = Number(fields[11]) + Number(fields[12]);
        var resident = File.ReadLines($"/proc/{processId}/status").First(static line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return new ProcessFigures(
            TimeSpan.FromSeconds((double)ticks / TicksPerSecond),
            Number(resident["VmRSS:".Length..].Replace("kB", "", StringComparison.Ordinal)) * 1024);
    }

    private static long Number(string text) => long.Parse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture);
}
