using PubSub.ConnectNode.Upstream;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Unit.ConnectNode;

public sealed class BatcherSendsWhatGathers
{
    private readonly List<int[]> _calls = [];
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task What_comes_while_a_call_is_under_way_is_the_next_call_in_order()
    {
        await using var batcher = New(maxBatch: 10);
        var first = batcher.TrySubmit(0)!;
        await Wait.ForAsync(_entered.Task, "the first call");

        var rest = Enumerable.Range(1, 15).Select(i => batcher.TrySubmit(i)!).ToList();
        _release.SetResult();

        Assert.Equal("0", await first);
        Assert.Equal(Enumerable.Range(1, 15).Select(i => $"{i}"), await Wait.ForAsync(Task.WhenAll(rest), "the rest"));
        Assert.Equal([1, 10, 5], _calls.Select(call => call.Length));
        Assert.Equal(Enumerable.Range(0, 16), _calls.SelectMany(call => call));
    }

    [Fact]
    public async Task A_failed_call_fails_its_own_items_only()
    {
        await using var batcher = New(maxBatch: 1);
        _release.SetResult();

        Assert.Equal("failed: -1", await batcher.TrySubmit(-1)!);
        Assert.Equal("2", await batcher.TrySubmit(2)!);
    }

    [Fact]
    public async Task A_call_that_answers_too_few_fails_its_items()
    {
        await using var batcher = new Batcher<int, string>(
            10, 10, _ => Task.FromResult<IReadOnlyList<string>>([]), failure => failure.Message);

        Assert.Contains("1 items were sent and 0 answered", await batcher.TrySubmit(1)!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_queue_refuses_instead_of_waiting()
    {
        await using var batcher = New(maxBatch: 1, capacity: 2);
        var taken = new List<Task<string>> { batcher.TrySubmit(0)! };
        await Wait.ForAsync(_entered.Task, "the first call");

        taken.Add(batcher.TrySubmit(1)!);
        taken.Add(batcher.TrySubmit(2)!);

        Assert.Null(batcher.TrySubmit(3));
        _release.SetResult();
        await Wait.ForAsync(Task.WhenAll(taken), "those that were taken");
    }

    [Fact]
    public async Task Closing_sends_what_waits_and_takes_nothing_more()
    {
        var batcher = New(maxBatch: 10);
        var first = batcher.TrySubmit(0)!;
        await Wait.ForAsync(_entered.Task, "the first call");
        var waiting = batcher.TrySubmit(1)!;

        var closing = batcher.DisposeAsync().AsTask();

        Assert.Null(batcher.TrySubmit(2));
        Assert.False(closing.IsCompleted);
        _release.SetResult();
        await Wait.ForAsync(closing, "the batcher to close");
        Assert.Equal(["0", "1"], await Task.WhenAll(first, waiting));
    }

    private Batcher<int, string> New(int maxBatch, int capacity = 100) =>
        new(capacity, maxBatch, SendAsync, failure => failure.Message);

    private async Task<IReadOnlyList<string>> SendAsync(IReadOnlyList<int> items)
    {
        _calls.Add([.. items]);
        _entered.TrySetResult();
        await _release.Task;
        return items[0] < 0 ? throw new InvalidOperationException($"failed: {items[0]}") : [.. items.Select(item => $"{item}")];
    }
}
