namespace Aspire.Dashboard.Telemetry;

/// <summary>How many values fell where: Counts has one more than Bounds, for what is above them all.</summary>
internal sealed record Buckets(double[] Bounds, double[] Counts)
{
    public double Total => Counts.Sum();

    public bool HasSameBounds(Buckets other) =>
        ReferenceEquals(Bounds, other.Bounds) || Bounds.AsSpan().SequenceEqual(other.Bounds);

    public Buckets Plus(Buckets other)
    {
        var (mine, others) = Aligned(this, other);
        return new Buckets(mine.Bounds, [.. mine.Counts.Zip(others.Counts, (a, b) => a + b)]);
    }

    /// <summary>What was added since an earlier reading; all of it if the process started anew.</summary>
    public Buckets Since(Buckets earlier)
    {
        var (now, then) = Aligned(this, earlier);
        return now.Counts.Zip(then.Counts).All(pair => pair.First >= pair.Second)
            ? new Buckets(now.Bounds, [.. now.Counts.Zip(then.Counts, (a, b) => a - b)])
            : this;
    }

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

    /// <summary>
    /// Both over the finest bounds that cut no value of either off from its bucket. An exponential histogram moves its bounds
    /// as it grows, each time into unions of the buckets that it had.
    /// </summary>
    private static (Buckets First, Buckets Second) Aligned(Buckets first, Buckets second)
    {
        if (first.HasSameBounds(second))
            return (first, second);

        var bounds = new List<double>();
        foreach (var bound in first.Bounds.Concat(second.Bounds).Order())
        {
            if ((bounds.Count == 0 || !IsNear(bounds[^1], bound)) && !first.HasValuesAround(bound) && !second.HasValuesAround(bound))
                bounds.Add(bound);
        }

        double[] common = [.. bounds];
        return (first.Onto(common), second.Onto(common));
    }

    private static bool IsNear(double a, double b) => Math.Abs(a - b) <= 1e-9 * Math.Max(Math.Abs(a), Math.Abs(b));

    /// <summary>The bound lies within a bucket that has values, so nobody knows on which side of it they are.</summary>
    private bool HasValuesAround(double bound)
    {
        var i = IndexOf(Bounds, bound);
        return Counts[i] > 0 && (i == Bounds.Length || !IsNear(Bounds[i], bound));
    }

    private Buckets Onto(double[] bounds)
    {
        var counts = new double[bounds.Length + 1];
        for (var i = 0; i < Counts.Length; i++)
            counts[i == Bounds.Length ? bounds.Length : IndexOf(bounds, Bounds[i])] += Counts[i];
        return new Buckets(bounds, counts);
    }

    /// <summary>The first bound that is not below it.</summary>
    private static int IndexOf(double[] bounds, double value)
    {
        var i = 0;
        while (i < bounds.Length && bounds[i] < value && !IsNear(bounds[i], value))
            i++;
        return i;
    }
}
