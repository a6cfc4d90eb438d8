using PubSub.Bench.Publishing;

namespace PubSub.Bench.Scenarios;

/// <summary>
/// The same readers at a SignalR server, one of 20 of which stops. It has no policy for them: a push to a group is done when
/// everybody's connection has taken it. So there is one round, as long as it takes their sockets and pipes to be full.
/// </summary>
internal static class SlowReadersOfSignalR
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan UntilTheyAreFull = TimeSpan.FromSeconds(60);

    public static async Task<IEnumerable<Figure>> MeasureAsync(int connections, BenchOptions options, Action<string> log)
    {
        var plans = Measurement.Plans(connections, 1);
        await using var server = await Side.SignalRAsync();
        log($"SignalR: connecting {connections}");
        using var pool = await Measurement.ConnectAsync(server, plans, log, SlowReadersRun.Stops);
        var load = new LoadRun(pool, server.Publisher, [connections], SlowReadersRun.MessageSize);

        await MeasureAsync(WarmUp);
        var calm = await MeasureAsync(options.Duration);
        await pool.StopReadingAsync(SlowReadersRun.Stops);
        load.Expect(0, connections - plans.Count(SlowReadersRun.Stops));
        var stopped = await MeasureAsync(UntilTheyAreFull);

        var (before, after) = (calm.Each.Percentile(0.99).TotalMilliseconds, stopped.Each.Percentile(0.99).TotalMilliseconds);
        log($"SignalR: p99 {before:0.##} ms, after some stopped {after:0.##} ms, {stopped.PercentDelivered:0} % delivered to the others");
        return
        [
            new("SignalR: all read, p99", before, "ms"),
            new("SignalR: all read, delivered", calm.PercentDelivered, "%"),
            new("SignalR: some stopped, p99 of the others", after, "ms"),
            new("SignalR: ratio", after / before, ""),
            new("SignalR: some stopped, delivered to the others", stopped.PercentDelivered, "%"),
            new("SignalR: memory, all read", calm.Resident / 1048576.0, "MB"),
            new("SignalR: memory, some stopped", stopped.Resident / 1048576.0, "MB"),
        ];

        Task<Outcome> MeasureAsync(TimeSpan duration) =>
            Measurement.RunAsync(pool, load, () => server.Figures, run => run.PaceAsync(duration, SlowReadersRun.Rate));
    }
}
