using PubSub.Bench.Load;

namespace PubSub.Tests.Unit.Bench;

public sealed class HistogramsHoldPercentiles
{
    // Two to the power of minus five: the width of a bucket.
    private const double Width = 1.0 / 32;

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.5)]
    [InlineData(0.99)]
    [InlineData(0.9999)]
    [InlineData(1)]
    public void A_percentile_is_at_most_a_bucket_above_the_true_one(double share)
    {
        const int values = 100_000;
        var histogram = new LatencyHistogram();
        foreach (var micros in Enumerable.Range(1, values).Reverse())
            histogram.Record(TimeSpan.FromMicroseconds(micros));

        var exact = Math.Ceiling(share * values);

        Assert.InRange(histogram.Percentile(share).TotalMicroseconds, exact - 0.1, exact * (1 + Width));
    }

    [Fact]
    public void One_slow_delivery_in_a_hundred_is_above_the_p99_and_two_are_in_it()
    {
        var histogram = new LatencyHistogram();
        for (var i = 0; i < 99; i++)
            histogram.Record(TimeSpan.FromMilliseconds(1));
        histogram.Record(TimeSpan.FromSeconds(1));
        Assert.InRange(histogram.Percentile(0.99).TotalMilliseconds, 1, 1 + Width);

        histogram.Record(TimeSpan.FromSeconds(1));
        Assert.InRange(histogram.Percentile(0.99).TotalMilliseconds, 1000, 1000 * (1 + Width));
    }

    [Fact]
    public void Histograms_add_up()
    {
        var (one, other) = (new LatencyHistogram(), new LatencyHistogram());
        one.Record(TimeSpan.FromMilliseconds(1));
        other.Record(TimeSpan.FromMilliseconds(100));
        other.Record(TimeSpan.FromMilliseconds(100));

        one.Add(other);

        Assert.Equal(3, one.Count);
        Assert.InRange(one.Percentile(0.5).TotalMilliseconds, 100, 100 * (1 + Width));
    }

    [Fact]
    public void Of_nothing_there_is_none() => Assert.Equal(TimeSpan.Zero, new LatencyHistogram().Percentile(0.5));
}
