namespace PubSub.Tests.Infrastructure.Checks;

public sealed class WaitsNameWhatTheyWaitedFor
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task A_condition_that_stays_false()
    {
        var timeout = await Assert.ThrowsAsync<TimeoutException>(() => Wait.UntilAsync(() => false, "the moon to rise", Short));
        Assert.Contains("the moon to rise", timeout.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_condition_that_never_answers()
    {
        var never = new TaskCompletionSource<bool>();
        var timeout = await Assert.ThrowsAsync<TimeoutException>(() => Wait.UntilAsync(() => never.Task, "the moon to rise", Short));
        Assert.Contains("the moon to rise", timeout.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_task_that_does_not_end()
    {
        var never = new TaskCompletionSource<int>();
        var timeout = await Assert.ThrowsAsync<TimeoutException>(() => Wait.ForAsync(never.Task, "the moon to rise", Short));
        Assert.Contains("the moon to rise", timeout.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_condition_that_becomes_true_ends_the_wait()
    {
        var asked = 0;
        await Wait.UntilAsync(() => ++asked == 3, "the third question");
        Assert.Equal(3, asked);
    }
}
