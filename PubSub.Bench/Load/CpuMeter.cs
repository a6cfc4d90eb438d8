using System.Diagnostics;

namespace PubSub.Bench.Load;

/// <summary>The processor time that processes have used since the meter was made.</summary>
internal sealed class CpuMeter(params Process[] processes)
{
    private readonly TimeSpan[] _before = [.. processes.Select(UsedBy)];

    public TimeSpan Of(Process process)
    {
        var at = Array.IndexOf(processes, process);
        return UsedBy(process) - _before[at];
    }

    public TimeSpan Total => processes.Aggregate(TimeSpan.Zero, (sum, process) => sum + Of(process));

    private static TimeSpan UsedBy(Process process)
    {
        process.Refresh();
        return process.TotalProcessorTime;
    }
}
