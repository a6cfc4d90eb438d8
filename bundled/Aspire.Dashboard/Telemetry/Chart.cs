namespace Aspire.Dashboard.Telemetry;

/// <summary>Which part of an instrument a chart shows.</summary>
internal sealed record ChartQuery
{
    public required long EndMs { get; init; }

    public long RangeMs { get; init; } = 5 * 60_000;

    /// <summary>One line per set of values of these labels; null for one per series.</summary>
    public IReadOnlySet<string>? By { get; init; }

    /// <summary>Only series with these labels.</summary>
    public IReadOnlyList<Tag> Only { get; init; } = [];

    /// <summary>Lines to draw at most, the largest first.</summary>
    public int MaxLines { get; init; } = 16;
}

/// <summary>An instrument over time, on an even grid whatever the rhythm of the exporters.</summary>
/// <param name="Kind">Gauge, Counter (values are per second) or Histogram (per second, with percentiles).</param>
/// <param name="Unit">Of the instrument.</param>
/// <param name="Times">The grid, milliseconds since 1970.</param>
/// <param name="Lines">The lines to draw.</param>
/// <param name="More">Lines that were left out.</param>
internal sealed record Chart(string Kind, string Unit, long[] Times, IReadOnlyList<ChartLine> Lines, int More);

/// <summary>One line. Null where nothing is known.</summary>
/// <param name="Labels">What its series have in common.</param>
/// <param name="Values">Value of a gauge; per second of a counter or histogram.</param>
/// <param name="P50">Of a histogram.</param>
/// <param name="P90">Of a histogram.</param>
/// <param name="P99">Of a histogram.</param>
/// <param name="Last">Last reading: of a counter the total since start, of a histogram the number of values.</param>
/// <param name="Window">What a histogram counted in the time shown.</param>
internal sealed record ChartLine(
    IReadOnlyList<Tag> Labels,
    double?[] Values,
    double?[]? P50,
    double?[]? P90,
    double?[]? P99,
    double Last,
    ChartWindow? Window);

/// <summary>A histogram summed over the time shown.</summary>
internal sealed record ChartWindow(double Count, double Sum, double? P50, double? P90, double? P99, double[] Bounds, double[] Counts);
