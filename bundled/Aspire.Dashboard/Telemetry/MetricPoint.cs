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

/// <summary>How many values fell where: Counts has one more than Bounds, for what is above them all.</summary>
internal sealed record Buckets(double[] Bounds, double[] Counts)
{
    public double Total => Counts.Sum();

    public bool HasSameBounds(Buckets other) =>
        ReferenceEquals(Bounds, other.Bounds) || Bounds.AsSpan().SequenceEqual(other.Bounds);

    public Buckets Plus(Buckets other) =>
        HasSameBounds(other) ? new Buckets(Bounds, [.. Counts.Zip(other.Counts, (a, b) => a + b)]) : other;

    /// <summary>What was added since an earlier reading; all of it if the process started anew or cut its buckets otherwise.</summary>
    public Buckets Since(Buckets earlier) =>
        HasSameBounds(earlier) && Counts.Zip(earlier.Counts).All(pair => pair.First >= pair.Second)
            ? new Buckets(Bounds, [.. Counts.Zip(earlier.Counts, (now, then) => now - then)])
            : this;

    public Buckets Times(double factor) => new(Bounds, [.. Counts.Select(count => count * factor)]);

    /// <summary>The value below which this share of all values lies, linear within a bucket; null without values.</summary>
    public double? Percentile(double share)
    {
        var total = Total;
        if (total <= 0 || Bounds.Length == 0)
            return null;

        var wanted = share * total;
        var below = 0.0;
        for (var i = 0; i < Bounds.Length; i++)
        {
            if (below + Counts[i] >= wanted && Counts[i] > 0)
            {
                var lower = i == 0 ? Math.Min(0, Bounds[0]) : Bounds[i - 1];
                return lower + ((Bounds[i] - lower) * (wanted - below) / Counts[i]);
            }

            below += Counts[i];
        }

        return Bounds[^1];
    }
}
