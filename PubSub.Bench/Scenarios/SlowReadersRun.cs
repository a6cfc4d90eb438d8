using System.Globalization;
using PubSub.Bench.Load;
using PubSub.Bench.Publishing;
using PubSub.Protocol;

namespace PubSub.Bench.Scenarios;

/// <summary>
/// One node whose rooms have one policy. In each round all read, then some stop. What is measured begins when the node
/// acts on those and ends when the last of them is cut off, or after as long as the calm part took; then others come in
/// their place.
/// </summary>
internal sealed class SlowReadersRun : IAsyncDisposable
{
    public const int MessageSize = 1024;
    public const int OneIn = 20;
    public const double Rate = 5;

    // Who comes in takes of the node's bound too, which is small here.
    private const int ConnectsAtOnce = 20;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(120);

    private readonly SlowPolicy _policy;
    private readonly Side _node;
    private readonly ClientPlan[] _plans;
    private readonly ClientPool _pool;
    private readonly LoadRun _load;
    private readonly TimeSpan _duration;
    private readonly Action<string> _log;

    private SlowReadersRun(SlowPolicy policy, Side node, ClientPlan[] plans, ClientPool pool, BenchOptions options, Action<string> log)
    {
        (_policy, _node, _plans, _pool, _log) = (policy, node, plans, pool, log);
        _load = new LoadRun(pool, node.Publisher, [plans.Length], MessageSize);
        _duration = options.Duration > Shortest ? options.Duration : Shortest;
        Stopping = plans.Count(Stops);
        BoundOfAll = double.Parse(policy.On(options, Stopping).Settings[SlowPolicy.BoundOfAll], CultureInfo.InvariantCulture);
    }

    public int Stopping { get; }

    public double BoundOfAll { get; }

    public static async Task<SlowReadersRun> StartAsync(SlowPolicy policy, int connections, BenchOptions options, Action<string> log)
    {
        var plans = Measurement.Plans(connections, 1);
        var node = await Side.NodeAsync(policy.On(options, plans.Count(Stops)), log, slowReaders: policy.Policy, keys: policy.Keys);
        try
        {
            var pool = await Measurement.ConnectAsync(node, plans, log, Stops, ConnectsAtOnce);
            return new SlowReadersRun(policy, node, plans, pool, options, log);
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    public static bool Stops(ClientPlan plan) => plan.Index % OneIn == 0;

    public async Task<IEnumerable<Curve>> MeasureAsync(int round, Medians medians)
    {
        if (round == 1)
            Check(medians, await MeasureAsync(WarmUp, static () => false));
        else
            await ReplaceStoppedAsync();
        var healthy = await MeasureAsync(_duration, static () => false);
        var behind = await BehindAsync(medians);

        if (behind.Each.Count == 0)
            throw new InvalidOperationException($"{_policy.Name}: all who stopped were cut off before the others got a message. Let the node keep more, by --set {SlowPolicy.BoundOfAll}=BYTES.");

        var (calm, others) = (healthy.Each.Percentile(0.99), behind.Each.Percentile(0.99));
        _log($"{_policy.Name}, round {round}: p99 {calm.TotalMilliseconds:0.##} ms, with {Stopping} behind {others.TotalMilliseconds:0.##} ms");
        Check(medians, healthy);
        Check(medians, behind);
        medians.Add("all read", calm.TotalMilliseconds);
        medians.Add("some behind", others.TotalMilliseconds);
        medians.Add("ratio", others / calm);
        medians.Add("behind for", behind.Elapsed.TotalSeconds);
        medians.Add("resident", healthy.Resident / 1048576.0);
        return [Curve.Of($"Latency of those who read: {_policy.Name}", "all read", healthy.Each), Curve.Of($"Latency of those who read: {_policy.Name}", "some behind", behind.Each)];
    }

    public async ValueTask DisposeAsync()
    {
        _pool.Dispose();
        await _node.DisposeAsync();
    }

    private async Task<Outcome> BehindAsync(Medians medians)
    {
        var readers = _plans.Length - Stopping;
        await using var watch = await BacklogWatch.StartAsync(_node, _plans.Length, Longest);
        await _pool.StopReadingAsync(Stops);
        _load.Expect(0, readers);
        var first = _pool.Deliveries.Opened;
        var cuts = _policy.Policy == SlowReaderPolicy.Disconnect;

        // The sockets fill, then the outboxes.
        var filling = await MeasureAsync(Longest, () => cuts ? watch.MostBytes >= (long)Stopping * MessageSize : watch.PassedOver > 0);
        var behind = await MeasureAsync(cuts ? Longest : _duration, () => watch.Connections <= readers);
        await watch.DisposeAsync();

        Check(medians, filling);
        medians.Add("bytes", watch.MostBytes);
        medians.Add("memory", watch.MostMemory);
        medians.Add("most resident", watch.MostResident / 1048576.0);
        medians.Add("cut off", 100.0 * (_plans.Length - watch.Connections) / Stopping);
        medians.Add("passed over", 100 * watch.PassedOver / Stopping / Math.Max(1, _pool.Deliveries.Opened - first));
        return behind;
    }

    private async Task ReplaceStoppedAsync()
    {
        await _pool.DropStoppedAsync();
        var others = Array.FindAll(_plans, static plan => Stops(plan));
        await _pool.ConnectAsync(others, _ => _node.Door, ConnectsAtOnce, _log);
        _load.Expect(0, _plans.Length);
    }

    private void Check(Medians medians, Outcome outcome) => Measurement.Check(medians, $"{_policy.Name}, the others: ", outcome);

    private Task<Outcome> MeasureAsync(TimeSpan longest, Func<bool> isEnough) =>
        Measurement.RunAsync(_pool, _load, () => _node.Figures, run => run.PaceAsync(longest, Rate, isEnough));
}
