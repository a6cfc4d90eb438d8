using System.Threading.Channels;

namespace PubSub.ConnectNode.Upstream;

/// <summary>
/// One queue with one call under way: what gathers meanwhile is the next call. So items keep their order, and the more
/// there are, the fewer calls each one costs.
/// </summary>
internal sealed class Batcher<TItem, TResult> : IAsyncDisposable
{
    private readonly Channel<Entry> _queue;
    private readonly int _maxBatch;
    private readonly Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TResult>>> _send;
    private readonly Func<Exception, TResult> _failure;
    private readonly Task _running;

    /// <param name="capacity">Items that may wait.</param>
    /// <param name="maxBatch">Items of one call.</param>
    /// <param name="send">The call; one result for each item, in order.</param>
    /// <param name="failure">The result of each item of a call that failed.</param>
    public Batcher(
        int capacity, int maxBatch, Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TResult>>> send, Func<Exception, TResult> failure)
    {
        _queue = Channel.CreateBounded<Entry>(new BoundedChannelOptions(capacity) { SingleReader = true });
        _maxBatch = maxBatch;
        _send = send;
        _failure = failure;
        _running = Task.Run(RunAsync);
    }

    public int Waiting => _queue.Reader.Count;

    /// <summary>Null where the queue is full or closed: the item was not taken.</summary>
    public Task<TResult>? TrySubmit(TItem item)
    {
        var entry = new Entry(item);
        return _queue.Writer.TryWrite(entry) ? entry.Result.Task : null;
    }

    /// <summary>Takes nothing more, and sends what waits.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _running;
    }

    private async Task RunAsync()
    {
        var batch = new List<Entry>(_maxBatch);
        while (await _queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < _maxBatch && _queue.Reader.TryRead(out var entry))
                batch.Add(entry);
            await SendAsync(batch);
        }
    }

    private async Task SendAsync(List<Entry> batch)
    {
        try
        {
            var results = await _send([.. batch.Select(entry => entry.Item)]);
            if (results.Count != batch.Count)
                throw new InvalidOperationException($"{batch.Count} items were sent and {results.Count} answered.");
            for (var i = 0; i < batch.Count; i++)
                batch[i].Result.TrySetResult(results[i]);
        }
        catch (Exception failure)
        {
            foreach (var entry in batch)
                entry.Result.TrySetResult(_failure(failure));
        }
    }

    private sealed class Entry(TItem item)
    {
        public TItem Item => item;

        public TaskCompletionSource<TResult> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
