using PubSub.Bench.Load;
using PubSub.Bench.Publishing;

namespace PubSub.Bench.Scenarios;

/// <summary>
/// Some readers stop reading, and their sockets fill. The others must not notice, the node must not grow beyond its
/// bounds, and those who stopped are cut off.
/// </summary>
internal static class SlowReadersScenario
{
    private const int Connections = 10_000;
    private const int OneIn = 20;
    private const int MessageSize = 1024;
    private const double Rate = 5;
    private const string OfOne = "OUTBOX_MAX_BYTES";
    private const string OfAll = "OUTBOX_NODE_MAX_BYTES";

    // Small enough for a stopped reader to meet them within a measurement.
    private static readonly Dictionary<string, string> Bounds = new() { [OfOne] = "32768", [OfAll] = "8388608" };

    public static async Task<BenchReport> RunAsync(BenchOptions options, Action<string> log)
    {
        var connections = options.Scaled(Connections);
        var duration = TimeSpan.FromSeconds(Math.Max(40, options.Seconds));
        var settings = new Dictionary<string, string>(Bounds);
        foreach (var (name, value) in options.Settings)
            settings[name] = value;
        await using var node = await Side.NodeAsync(options with { Settings = settings }, log);
        var plans = Measurement.Plans(connections, 1);
        using var pool = await Measurement.ConnectAsync(node, plans, log, Stops);
        var stopping = plans.Count(Stops);

        var sequence = new LoadRun(pool, node.Publisher, [connections], MessageSize);
        await Measurement.RunAsync(pool, sequence, () => node.Figures, run => run.PaceAsync(TimeSpan.FromSeconds(3), Rate));
        var healthy = await Measurement.RunAsync(pool, sequence, () => node.Figures, run => run.PaceAsync(duration, Rate));
        log($"all read: p99 {healthy.Each.Percentile(0.99).TotalMilliseconds:0.##} ms");

        await pool.StopReadingAsync(Stops);
        sequence.Expect(0, connections - stopping);
        await using var watch = new BacklogWatch(node);
        var impaired = await Measurement.RunAsync(pool, sequence, () => node.Figures, run => run.PaceAsync(duration, Rate));
        await watch.DisposeAsync();
        log($"{stopping} stopped: p99 {impaired.Each.Percentile(0.99).TotalMilliseconds:0.##} ms");

        return new BenchReport(
            "slow-readers", $"{connections} readers of one room, {MessageSize}-byte messages at {Rate}/s, one in {OneIn} stops reading, with small sockets",
            [
                new("all read: p99", healthy.Each.Percentile(0.99).TotalMilliseconds, "ms"),
                new("some stopped: p99 of the others", impaired.Each.Percentile(0.99).TotalMilliseconds, "ms"),
                new("ratio", impaired.Each.Percentile(0.99) / healthy.Each.Percentile(0.99), "", AtMost: 1.2),
                new("delivered to the others", impaired.PercentDelivered, "%", AtLeast: 100),
                new("out of order", impaired.Disordered, "", AtMost: 0),
                new("waited for those who stopped, at most", watch.MostBytes / 1048576.0, "MB", AtLeast: stopping * 1024 / 1048576.0),
                new("memory of that, at most", watch.MostMemory / 1048576.0, "MB", AtMost: double.Parse(settings[OfAll]) / 1048576),
                new("cut off, of those who stopped", 100.0 * (connections - watch.Connections) / stopping, "%", AtLeast: 100, AtMost: 100),
                new("node's memory, all read", healthy.Resident / 1048576.0, "MB"),
                new("node's memory, some stopped, at most", watch.MostResident / 1048576.0, "MB"),
            ])
        {
            Curves = [Curve.Of("Latency of those who read", "all read", healthy.Each), Curve.Of("Latency of those who read", "some stopped", impaired.Each)],
        };
    }

    private static bool Stops(ClientPlan plan) => plan.Index % OneIn == 0;
}
