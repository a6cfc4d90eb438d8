using Aspire.Dashboard.Otlp;
using Aspire.Dashboard.Telemetry;

namespace PubSub.Tests.Dashboard;

public sealed class ChartsShowRatesAndPercentiles
{
    private const long Start = 1_700_000_000_000;

    private static readonly double[] Bounds = [10, 20, 30];

    private readonly MetricStore _store = new(100);

    [Fact]
    public void A_counter_is_shown_per_second_and_survives_a_restart()
    {
        // 10 per second, then the process starts anew and counts 5 in the next ten seconds.
        Add(InstrumentKind.Counter, (0, 0), (10, 100), (20, 5));

        var line = Assert.Single(Chart(20).Lines);

        Assert.Equal([10, 10], [line.Values[^15], line.Values[^11]]);
        Assert.Equal(0.5, line.Values[^1]);
        Assert.Equal(5, line.Last);
    }

    [Fact]
    public void What_was_added_is_summed_where_a_sender_tells_only_that()
    {
        Add(InstrumentKind.Counter, isDelta: true, (0, 7), (10, 20), (20, 40));

        var line = Assert.Single(Chart(20).Lines);

        Assert.Equal([2, 4], [line.Values[^15], line.Values[^1]]);
        Assert.Equal(67, line.Last);
    }

    [Fact]
    public void A_gauge_holds_its_value_until_it_is_stale()
    {
        Add(InstrumentKind.Gauge, (0, 3), (10, 4));

        var line = Assert.Single(Chart(60).Lines);

        Assert.Equal([3, 3, 4, 4, null], [line.Values[0], line.Values[9], line.Values[10], line.Values[34], line.Values[36]]);
    }

    [Fact]
    public void A_histogram_has_percentiles_of_each_interval_and_of_the_whole()
    {
        _store.Add([Histogram(0, [0, 0, 0, 0]), Histogram(10, [100, 0, 0, 0]), Histogram(20, [100, 0, 100, 0])]);

        var line = Assert.Single(Chart(20).Lines);

        Assert.Equal([5, 9, 9.9], [line.P50![^15]!.Value, line.P90![^15]!.Value, Math.Round(line.P99![^15]!.Value, 6)]);
        Assert.Equal([25, 10], [line.P50[^1]!.Value, line.Values[^1]!.Value]);
        Assert.Equal((200, 10), (line.Window!.Count, line.Window.P50));
    }

    [Fact]
    public void Lines_can_be_joined_by_a_label_and_narrowed_to_one()
    {
        foreach (var (node, kind) in new[] { ("node-1", "room"), ("node-1", "user"), ("node-2", "room") })
        {
            var source = new TelemetrySource("s", node, []);
            _store.Add([Point(InstrumentKind.Counter, false, 0, 0) with { Source = source, Tags = [new Tag("kind", kind)] },
                Point(InstrumentKind.Counter, false, 10, 10) with { Source = source, Tags = [new Tag("kind", kind)] }]);
        }

        string[] Lines(IReadOnlySet<string>? by, params Tag[] only) =>
            [.. Chart(10, by, only).Lines.Select(line => $"{string.Join(' ', line.Labels.Select(tag => tag.Value))}:{line.Values[^1]}").Order()];
        Assert.Equal([":3"], Lines(new HashSet<string>()));
        Assert.Equal(["room:2", "user:1"], Lines(new HashSet<string> { "kind" }));
        Assert.Equal(["node-1:2", "node-2:1"], Lines(new HashSet<string> { "instance" }));
        Assert.Equal(["node-1 room:1", "node-1 user:1", "node-2 room:1"], Lines(null));
        Assert.Equal([":1"], Lines(new HashSet<string>(), new Tag("kind", "user")));
    }

    [Theory]
    [InlineData(0.25, 5)]
    [InlineData(0.5, 10)]
    [InlineData(0.75, 15)]
    [InlineData(1, 20)]
    public void A_percentile_lies_within_its_bucket(double share, double expected) =>
        Assert.Equal(expected, new Buckets(Bounds, [50, 50, 0, 0]).Percentile(share));

    [Fact]
    public void Above_the_last_bound_nobody_knows_more_than_the_bound() =>
        Assert.Equal(30, new Buckets(Bounds, [0, 0, 0, 5]).Percentile(0.5));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_exponential_histogram_that_widens_its_buckets_keeps_its_percentiles(bool isDelta)
    {
        var temporality = isDelta ? Temporality.AggregationTemporalityDelta : Temporality.AggregationTemporalityCumulative;
        // 100 zeros and 100 values about 10; then as many about 1000, for which the buckets become four times as wide.
        Exponential(0, 3, 26, [0], zeros: 0);
        Exponential(10, 3, 26, [100], zeros: 100);
        Exponential(20, 1, isDelta ? 19 : 6, isDelta ? [100] : [100, .. new ulong[12], 100], isDelta ? 0UL : 100);

        var line = Assert.Single(Chart(20).Lines);

        Assert.Equal([20, 10], [line.Values[^15]!.Value, line.Values[^1]!.Value]);
        Assert.Equal(0, line.P50![^15]!.Value);
        Assert.InRange(line.P90![^15]!.Value, 8, 12);
        Assert.InRange(line.P50[^1]!.Value, 700, 1100);
        Assert.Equal(300, line.Window!.Count);

        void Exponential(int second, int scale, int offset, ulong[] counts, ulong zeros)
        {
            var point = new ExponentialPoint
            {
                TimeUnixNano = (ulong)(Start + (second * 1000)) * 1_000_000,
                Scale = scale,
                ZeroCount = zeros,
                Positive = new ExponentialBuckets { Offset = offset, BucketCounts = { counts } },
            };
            var metric = new Metric { Name = "i", ExponentialHistogram = new ExponentialHistogram { AggregationTemporality = temporality, DataPoints = { point } } };
            _store.Add(new MetricReader(new TagReader(new TextPool()), new TelemetrySource("s", "", []), "m", metric).Points());
        }
    }

    private void Add(InstrumentKind kind, params (int Second, double Value)[] readings) => Add(kind, false, readings);

    private void Add(InstrumentKind kind, bool isDelta, params (int Second, double Value)[] readings) =>
        _store.Add(readings.Select(reading => Point(kind, isDelta, reading.Second, reading.Value)));

    private Chart Chart(int second, IReadOnlySet<string>? by = null, params Tag[] only) => _store.Read(
        new InstrumentId("s", "m", "i"), new ChartQuery { EndMs = Start + (second * 1000), RangeMs = Math.Max(second, 10) * 1000, By = by, Only = only })!;

    private static MetricPoint Histogram(int second, double[] counts) =>
        Point(InstrumentKind.Histogram, false, second, counts.Sum() * 10) with { Buckets = new Buckets(Bounds, counts) };

    private static MetricPoint Point(InstrumentKind kind, bool isDelta, int second, double value) =>
        new(new TelemetrySource("s", "", []), "m", "i", "", "", kind, isDelta, [], Start + (second * 1000), value, null);
}
