using PubSub.Tests.Faults.Oracle;

namespace PubSub.Tests.Unit.Faults;

public sealed class ReturnsAreMeasuredByTheirLatest
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(2, 6)]
    public void Two_of_a_hundred_that_are_late_are_too_many(int late, int p99)
    {
        var returns = new Returns(Enumerable.Range(0, 100).Select(i => TimeSpan.FromSeconds(i < late ? 6 : 1)));

        Assert.Equal((100, TimeSpan.FromSeconds(p99)), (returns.Count, returns.At(0.99)));
    }

    [Fact]
    public void Of_a_few_the_latest_counts() =>
        Assert.Equal(TimeSpan.FromSeconds(9), new Returns([TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(1)]).At(0.99));

    [Fact]
    public void Nobody_was_away() => Assert.Equal((0, TimeSpan.Zero), (new Returns([]).Count, new Returns([]).At(0.99)));
}
