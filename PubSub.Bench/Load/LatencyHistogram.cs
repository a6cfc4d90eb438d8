using System.Diagnostics;
using System.Numerics;

namespace PubSub.Bench.Load;

/// <summary>
/// Durations in buckets of about 3 % width, whatever their size. One histogram per caller, merged at the end: recording
/// shares nothing.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int FractionBits = 5;
    private const int Fractions = 1 << FractionBits;

    private readonly long[] _buckets = new long[(64 - FractionBits + 1) * Fractions];

    public long Count { get; private set; }

    public void Record(TimeSpan duration)
    {
        _buckets[BucketOf((ulong)Math.Max(0, duration.Ticks))]++;
        Count++;
    }

    public void RecordSince(long timestamp) => Record(Stopwatch.GetElapsedTime(timestamp));

    public void Add(LatencyHistogram other)
    {
        for (var bucket = 0; bucket < _buckets.Length; bucket++)
            _buckets[bucket] += other._buckets[bucket];
        Count += other.Count;
    }

    /// <param name="share">0.5 for the median.</param>
    /// <returns>The upper end of the bucket that holds it; zero where nothing was recorded.</returns>
    public TimeSpan Percentile(double share)
    {
        var wanted = (long)Math.Ceiling(share * Count);
        for (var bucket = 0; bucket < _buckets.Length && wanted > 0; bucket++)
        {
            wanted -= _buckets[bucket];
            if (wanted <= 0)
                return TimeSpan.FromTicks((long)UpperEndOf(bucket));
        }

        return TimeSpan.Zero;
    }

    // Below 32 ticks every value has its own bucket; above, each power of two is cut in 32.
    private static int BucketOf(ulong value)
    {
        if (value < Fractions)
            return (int)value;
        var exponent = BitOperations.Log2(value) - FractionBits;
        return ((exponent + 1) << FractionBits) + (int)(value >> exponent) - Fractions;
    }

    private static ulong UpperEndOf(int bucket)
    {
        if (bucket < Fractions)
            return (ulong)bucket;
        var exponent = (bucket >> FractionBits) - 1;
        var fraction = (ulong)(bucket & (Fractions - 1)) + Fractions;
        return ((fraction + 1) << exponent) - 1;
    }
}
