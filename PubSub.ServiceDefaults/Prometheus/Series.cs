using System.Runtime.InteropServices;

namespace PubSub.ServiceDefaults.Prometheus;

/// <summary>The value of one set of labels. Recording takes no lock and allocates nothing.</summary>
internal abstract class Series(string labels)
{
    /// <summary>Rendered and escaped labels without the braces; empty for none.</summary>
    public string Labels { get; } = labels;

    public abstract void Record(long value);

    public abstract void Record(double value);

    /// <param name="text">Where to.</param>
    /// <param name="scrape">Number of this scrape, for values that are observed anew at each.</param>
    public abstract void Write(TextFormat text, long scrape);
}

/// <summary>
/// Counters and up-down counters. Each processor adds to a cache line of its own; whole numbers and fractions are
/// kept apart, so that a count is exact beyond 2^53.
/// </summary>
internal sealed class SumSeries(string labels, bool onlyUp) : Series(labels)
{
    private readonly Stripe[] _stripes = new Stripe[Stripes.Count];

    public override void Record(long value)
    {
        if (value >= 0 || !onlyUp)
            Interlocked.Add(ref _stripes[Stripes.Mine].Whole, value);
    }

    public override void Record(double value)
    {
        if (double.IsFinite(value) && (value >= 0 || !onlyUp))
            Stripes.Add(ref _stripes[Stripes.Mine].Fraction, value);
    }

    public override void Write(TextFormat text, long scrape)
    {
        var whole = 0L;
        var fraction = 0.0;
        for (var i = 0; i < _stripes.Length; i++)
        {
            whole += Volatile.Read(ref _stripes[i].Whole);
            fraction += Volatile.Read(ref _stripes[i].Fraction);
        }

        if (fraction == 0)
        {
            text.Sample(Labels, whole);
        }
        else
        {
            text.Sample(Labels, whole + fraction);
        }
    }

    [StructLayout(LayoutKind.Sequential, Size = Stripes.CacheLine)]
    private struct Stripe
    {
        public long Whole;
        public double Fraction;
    }
}

/// <summary>Gauges that the program sets: the last value counts.</summary>
internal sealed class LastValueSeries(string labels) : Series(labels)
{
    private double _value;

    public override void Record(long value) => Volatile.Write(ref _value, value);

    public override void Record(double value) => Volatile.Write(ref _value, value);

    public override void Write(TextFormat text, long scrape) => text.Sample(Labels, Volatile.Read(ref _value));
}

/// <summary>
/// Observable instruments: asked at each scrape, on the scraping thread alone. What is not observed any more is not
/// shown any more; several instruments behind one name add up.
/// </summary>
internal sealed class ObservedSeries(string labels, Func<long> currentScrape) : Series(labels)
{
    private double _value;
    private long _scrape = -1;

    public override void Record(long value) => Record((double)value);

    public override void Record(double value)
    {
        var scrape = currentScrape();
        _value = _scrape == scrape ? _value + value : value;
        _scrape = scrape;
    }

    public override void Write(TextFormat text, long scrape)
    {
        if (_scrape == scrape)
            text.Sample(Labels, _value);
    }
}

/// <summary>Histograms: per stripe one count for each bucket, then the sum.</summary>
internal sealed class HistogramSeries : Series
{
    private const int LongsPerLine = Stripes.CacheLine / sizeof(long);

    private readonly double[] _bounds;
    private readonly string[] _boundLabels;
    private readonly long[] _cells;
    private readonly int _stride;

    public HistogramSeries(string labels, double[] bounds, string[] boundLabels)
        : base(labels)
    {
        _bounds = bounds;
        _boundLabels = boundLabels;
        var cellsPerStripe = bounds.Length + 2;
        _stride = (cellsPerStripe + LongsPerLine - 1) / LongsPerLine * LongsPerLine;
        _cells = new long[_stride * Stripes.Count];
    }

    public override void Record(long value) => Record((double)value);

    public override void Record(double value)
    {
        if (!double.IsFinite(value))
            return;

        var bucket = 0;
        while (bucket < _bounds.Length && value > _bounds[bucket])
            bucket++;

        var stripe = Stripes.Mine * _stride;
        Interlocked.Increment(ref _cells[stripe + bucket]);
        Stripes.AddBits(ref _cells[stripe + _bounds.Length + 1], value);
    }

    public override void Write(TextFormat text, long scrape)
    {
        var sum = 0.0;
        var count = 0L;
        for (var bucket = 0; bucket <= _bounds.Length; bucket++)
        {
            for (var stripe = 0; stripe < Stripes.Count; stripe++)
                count += Volatile.Read(ref _cells[(stripe * _stride) + bucket]);

            text.Bucket(Labels, bucket < _bounds.Length ? _boundLabels[bucket] : "+Inf", count);
        }

        for (var stripe = 0; stripe < Stripes.Count; stripe++)
            sum += BitConverter.Int64BitsToDouble(Volatile.Read(ref _cells[(stripe * _stride) + _bounds.Length + 1]));

        text.SumAndCount(Labels, sum, count);
    }
}

/// <summary>Cells per processor, so that recording threads do not fight for one cache line.</summary>
internal static class Stripes
{
    public const int CacheLine = 64;

    private const int Most = 8;

    public static readonly int Count = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(Environment.ProcessorCount, 1, Most));

    public static int Mine => Thread.GetCurrentProcessorId() & (Count - 1);

    public static void Add(ref double cell, double value)
    {
        var seen = Volatile.Read(ref cell);
        while (Interlocked.CompareExchange(ref cell, seen + value, seen) is var found && !found.Equals(seen))
            seen = found;
    }

    /// <summary>The same on a double that is kept as bits among counts.</summary>
    public static void AddBits(ref long cell, double value)
    {
        var seen = Volatile.Read(ref cell);
        while (Interlocked.CompareExchange(
            ref cell, BitConverter.DoubleToInt64Bits(BitConverter.Int64BitsToDouble(seen) + value), seen) is var found
            && found != seen)
        {
            seen = found;
        }
    }
}
