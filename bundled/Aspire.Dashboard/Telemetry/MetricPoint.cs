namespace Aspire.Dashboard.Telemetry;

internal enum InstrumentKind
{
    /// <summary>A value that is what it is; an up-down counter shows the same.</summary>
    Gauge,

    /// <summary>Only rises; people read it per second.</summary>
    Counter,

    /// <summary>People read its percentiles.</summary>
    Histogram,
}

/// <summary>One measurement as it arrived.</summary>
/// <param name="Source">Who measured.</param>
/// <param name="Meter">The instrument's meter.</param>
/// <param name="Name">The instrument.</param>
/// <param name="Unit">Of its values.</param>
/// <param name="Description">What it measures.</param>
/// <param name="Kind">How it is to be read.</param>
/// <param name="IsDelta">It tells what was added since the point before, not since the start.</param>
/// <param name="Tags">The labels of its series.</param>
/// <param name="At">Milliseconds since 1970.</param>
/// <param name="Value">Of a gauge or counter; the sum of a histogram.</param>
/// <param name="Buckets">Of a histogram.</param>
internal sealed record MetricPoint(
    TelemetrySource Source,
    string Meter,
    string Name,
    string Unit,
    string Description,
    InstrumentKind Kind,
    bool IsDelta,
    IReadOnlyList<Tag> Tags,
    long At,
    double Value,
    Buckets? Buckets);
