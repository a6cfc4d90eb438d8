using System.Diagnostics;

namespace PubSub.Bench.Load;

/// <summary>What a closed loop of callers got done.</summary>
internal sealed record LoopResult(double CallsPerSecond, LatencyHistogram Latency);

/// <summary>Callers that each start their next call when the last one is answered.</summary>
internal static class ClosedLoop
{
    public static async Task<LoopResult> RunAsync(int callers, TimeSpan duration, Func<Task> call)
    {
        var started = Stopwatch.GetTimestamp();
        var histograms = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(() => CallAsync(started, duration, call))));
        var elapsed = Stopwatch.GetElapsedTime(started);

        var all = new LatencyHistogram();
        foreach (var histogram in histograms)
            all.Add(histogram);
        return new LoopResult(all.Count / elapsed.TotalSeconds, all);
    }

    private static async Task<LatencyHistogram> CallAsync(long started, TimeSpan duration, Func<Task> call)
    {
        var latency = new LatencyHistogram();
        while (Stopwatch.GetElapsedTime(started) < duration)
        {
            var begun = Stopwatch.GetTimestamp();
            await call();
            latency.RecordSince(begun);
        }

        return latency;
    }
}
