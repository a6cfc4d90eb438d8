using PubSub.Bench.Publishing;

namespace PubSub.Bench.Scenarios;

/// <summary>Some readers stop reading. The others must not notice, and the node must not grow beyond its bounds.</summary>
internal static class SlowReadersScenario
{
    private const int Connections = 10_000;
    private const int OneIn = 20;
    private const int MessageSize = 1024;
    private const double Rate = 10;

    public static async Task<BenchReport> RunAsync(BenchOptions options, Action<string> log)
    {
        var connections = options.Scaled(Connections);
        var duration = TimeSpan.FromSeconds(Math.Max(10, options.Seconds));
        await using var node = await Side.NodeAsync(options, log);
        var plans = Measurement.Plans(connections, 1);
        using var pool = await Measurement.ConnectAsync(node, plans, log);

        var sequence = new LoadRun(pool, node.Publisher, [connections], MessageSize);
        await Measurement.RunAsync(pool, sequence, () => node.Figures, run => run.PaceAsync(TimeSpan.FromSeconds(3), Rate));
        var healthy = await Measurement.RunAsync(pool, sequence, () => node.Figures, run => run.PaceAsync(duration, Rate));
        log($"all read: p99 {healthy.Each.Percentile(0.99).TotalMilliseconds:0.##} ms");

        await pool.StopReadingAsync(static plan => plan.Index % OneIn == 0);
        var reading = connections - ((connections + OneIn - 1) / OneIn);
        sequence.Expect(0, reading);
        var peak = 0L;
        var impaired = await Measurement.RunAsync(
            pool, sequence,
            () =>
            {
                peak = Math.Max(peak, node.Figures.Resident);
                return node.Figures;
            },
            run => run.PaceAsync(duration, Rate));
        log($"{connections - reading} stopped: p99 {impaired.Each.Percentile(0.99).TotalMilliseconds:0.##} ms");

        return new BenchReport(
            "slow-readers", $"{connections} readers of one room, {MessageSize}-byte messages at {Rate}/s, one in {OneIn} stops reading",
            [
                new("all read: p99", healthy.Each.Percentile(0.99).TotalMilliseconds, "ms"),
                new("some stopped: p99 of the others", impaired.Each.Percentile(0.99).TotalMilliseconds, "ms"),
                new("ratio", impaired.Each.Percentile(0.99) / healthy.Each.Percentile(0.99), "", AtMost: 1.2),
                new("delivered to the others", impaired.PercentDelivered, "%", AtLeast: 100),
                new("out of order", impaired.Disordered, "", AtMost: 0),
                new("node's memory, all read", healthy.Resident / 1048576.0, "MB"),
                new("node's memory, some stopped", peak / 1048576.0, "MB"),
            ])
        {
            Curves = [Curve.Of("Latency of those who read", "all read", healthy.Each), Curve.Of("Latency of those who read", "some stopped", impaired.Each)],
        };
    }
}
