using System.Diagnostics.Metrics;

namespace PubSub.ServiceDefaults.Prometheus;

/// <summary>Bucket bounds of a histogram, the same for /metrics and OTLP.</summary>
internal static class HistogramBounds
{
    private static readonly double[] Seconds =
        [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    private static readonly double[] Bytes =
        [64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216];

    private static readonly double[] Counts =
        [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 100000];

    /// <summary>Whether the instrument is a histogram that leaves the choice to us.</summary>
    public static bool HasDefault(Instrument instrument) =>
        Kind(instrument) is { } kind && kind == typeof(Histogram<>) && Advised(instrument) is null;

    public static double[] Of(Instrument instrument) => Advised(instrument) ?? instrument.Unit switch
    {
        "s" => Seconds,
        "By" => Bytes,
        _ => Counts,
    };

    private static double[]? Advised(Instrument instrument) => instrument switch
    {
        Histogram<double> h => Doubles(h.Advice),
        Histogram<float> h => Doubles(h.Advice),
        Histogram<decimal> h => Doubles(h.Advice),
        Histogram<long> h => Doubles(h.Advice),
        Histogram<int> h => Doubles(h.Advice),
        Histogram<short> h => Doubles(h.Advice),
        Histogram<byte> h => Doubles(h.Advice),
        _ => null,
    };

    private static double[]? Doubles<T>(InstrumentAdvice<T>? advice)
        where T : struct => advice?.HistogramBucketBoundaries is { Count: > 0 } bounds
        ? [.. bounds.Select(bound => Convert.ToDouble(bound, System.Globalization.CultureInfo.InvariantCulture)).Order()]
        : null;

    private static Type? Kind(Instrument instrument) =>
        instrument.GetType() is { IsGenericType: true } type ? type.GetGenericTypeDefinition() : null;
}
