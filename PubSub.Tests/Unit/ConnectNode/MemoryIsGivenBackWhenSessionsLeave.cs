using PubSub.ConnectNode.Sessions;

namespace PubSub.Tests.Unit.ConnectNode;

public sealed class MemoryIsGivenBackWhenSessionsLeave
{
    private readonly TrimRule _rule = new(worthwhile: 1000);

    [Fact]
    public void Once_when_half_have_left_and_nobody_moves()
    {
        Assert.Equal([false, false, false, true, false], Ask(10_000, 10_000, 4000, 4000, 4000));
    }

    [Fact]
    public void Not_while_they_still_leave()
    {
        Assert.Equal([false, false, false, true], Ask(10_000, 4000, 2000, 2000));
    }

    [Fact]
    public void Not_for_a_few()
    {
        Assert.Equal([false, false, false], Ask(900, 0, 0));
        Assert.Equal([false, false, false], Ask(10_000, 6000, 6000));
    }

    [Fact]
    public void Again_after_the_next_peak()
    {
        Assert.Equal([false, false, true, false, false, true], Ask(10_000, 0, 0, 5000, 100, 100));
    }

    private bool[] Ask(params int[] counts) => [.. counts.Select(_rule.IsDue)];
}
