using Aspire.Dashboard.Telemetry;
using Google.Protobuf.Collections;

namespace Aspire.Dashboard.Otlp;

/// <summary>The points of one metric that arrived.</summary>
internal sealed class MetricReader(TagReader tags, TelemetrySource source, string meter, Metric metric)
{
    // Where a sender names more buckets than a chart can use.
    private const int MaxBuckets = 512;

    private readonly string _name = tags.Shared(metric.Name);
    private readonly string _unit = tags.Shared(metric.Unit);
    private readonly string _description = tags.Shared(metric.Description);

    public IEnumerable<MetricPoint> Points() => metric.DataCase switch
    {
        Metric.DataOneofCase.Gauge => metric.Gauge.DataPoints.Select(point => Read(point, InstrumentKind.Gauge, isDelta: false)),
        Metric.DataOneofCase.Sum => metric.Sum.DataPoints.Select(point => Read(
            point, metric.Sum.IsMonotonic ? InstrumentKind.Counter : InstrumentKind.Gauge, IsDelta(metric.Sum.AggregationTemporality))),
        Metric.DataOneofCase.Histogram => metric.Histogram.DataPoints
            .Where(point => point.BucketCounts.Count == point.ExplicitBounds.Count + 1 && point.BucketCounts.Count <= MaxBuckets)
            .Select(point => Histogram(
                point.Attributes, point.TimeUnixNano, point.Sum, IsDelta(metric.Histogram.AggregationTemporality),
                new Buckets([.. point.ExplicitBounds], [.. point.BucketCounts.Select(count => (double)count)]))),
        Metric.DataOneofCase.ExponentialHistogram => metric.ExponentialHistogram.DataPoints
            .Where(point => (point.Positive?.BucketCounts.Count ?? 0) <= MaxBuckets)
            .Select(point => Histogram(
                point.Attributes, point.TimeUnixNano, point.Sum, IsDelta(metric.ExponentialHistogram.AggregationTemporality), Explicit(point))),
        _ => [],
    };

    private static bool IsDelta(Temporality temporality) => temporality == Temporality.AggregationTemporalityDelta;

    // Buckets of growing width as the fixed ones that they are at this moment: (base^offset, base^(offset+1)], ...
    private static Buckets Explicit(ExponentialPoint point)
    {
        var counts = point.Positive?.BucketCounts ?? [];
        var width = Math.Pow(2, -point.Scale);
        var first = point.Positive?.Offset ?? 0;
        return new Buckets(
            [0, .. Enumerable.Range(0, counts.Count + 1).Select(i => Math.Pow(2, (first + i) * width))],
            [point.ZeroCount, 0, .. counts.Select(count => (double)count), 0]);
    }

    private MetricPoint Read(NumberPoint point, InstrumentKind kind, bool isDelta) => Point(
        point.Attributes, point.TimeUnixNano, kind, isDelta,
        point.ValueCase == NumberPoint.ValueOneofCase.AsInt ? point.AsInt : point.AsDouble, null);

    private MetricPoint Histogram(RepeatedField<KeyValue> attributes, ulong at, double sum, bool isDelta, Buckets buckets) =>
        Point(attributes, at, InstrumentKind.Histogram, isDelta, sum, buckets);

    private MetricPoint Point(
        RepeatedField<KeyValue> attributes, ulong at, InstrumentKind kind, bool isDelta, double value, Buckets? buckets) => new(
        source, meter, _name, _unit, _description, kind, isDelta, tags.Read(attributes), (long)(at / 1_000_000),
        double.IsFinite(value) ? value : 0, buckets);
}
