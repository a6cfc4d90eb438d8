using System.ComponentModel;
using System.Diagnostics;

namespace Aspire.Dashboard.Resources;

/// <summary>Processor time and memory of a process over the last minutes.</summary>
/// <param name="Cpu">Per cent of one core, the oldest first.</param>
/// <param name="Memory">Bytes, the oldest first.</param>
internal sealed record UsageHistory(IReadOnlyList<double> Cpu, IReadOnlyList<long> Memory);

/// <summary>Reads what the processes of the resources use, every few seconds, and keeps the last readings.</summary>
internal sealed class ProcessUsage(IDashboardResources resources, TimeProvider time)
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private const int MaxReadings = 60;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Measured> _measured = new(StringComparer.Ordinal);

    public UsageHistory? Of(string resource)
    {
        lock (_lock)
        {
            return _measured.TryGetValue(resource, out var measured) && measured.Memory.Count > 0
                ? new UsageHistory([.. measured.Cpu], [.. measured.Memory])
                : null;
        }
    }

    public async Task RunAsync(Action measured, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            Measure();
            measured();
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    public void Measure()
    {
        var all = resources.Snapshot();
        lock (_lock)
        {
            foreach (var resource in all)
                Measure(resource);
            foreach (var gone in _measured.Keys.Except(all.Where(resource => resource.ProcessId is not null).Select(resource => resource.Name)).ToArray())
                _measured.Remove(gone);
        }
    }

    private void Measure(DashboardResource resource)
    {
        if (resource.ProcessId is not { } id || Read(id) is not { } reading)
            return;
        if (!_measured.TryGetValue(resource.Name, out var measured) || measured.ProcessId != id)
            _measured[resource.Name] = measured = new Measured(id);

        var now = time.GetTimestamp();
        if (measured.LastAt is { } before)
        {
            var elapsed = time.GetElapsedTime(before, now);
            Keep(measured.Cpu, elapsed > TimeSpan.Zero ? Math.Round(100 * ((reading.Cpu - measured.LastCpu) / elapsed), 1) : 0);
        }

        (measured.LastAt, measured.LastCpu) = (now, reading.Cpu);
        Keep(measured.Memory, reading.Memory);
    }

    private static void Keep<T>(Queue<T> readings, T reading)
    {
        readings.Enqueue(reading);
        if (readings.Count > MaxReadings)
            readings.Dequeue();
    }

    private static (TimeSpan Cpu, long Memory)? Read(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return (process.TotalProcessorTime, process.WorkingSet64);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // It ended since the host said that it runs.
            return null;
        }
    }

    private sealed class Measured(int processId)
    {
        public int ProcessId => processId;

        public Queue<double> Cpu { get; } = new();

        public Queue<long> Memory { get; } = new();

        public long? LastAt { get; set; }

        public TimeSpan LastCpu { get; set; }
    }
}
