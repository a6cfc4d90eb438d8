namespace PubSub.Client.Receiving;

/// <summary>A message, or the news that a channel begins (again) or has a gap; the order of all is kept.</summary>
internal readonly record struct InboxItem(Message? Message, ChannelStart? Start, ChannelGap? Gap = null)
{
    public string Channel => Message?.Channel ?? Start?.Channel ?? Gap!.Channel;
}

/// <summary>
/// What has come and waits for the app's handlers; bounded in messages. One writer (the connection), one reader (the
/// dispatcher). The news of channels do not count: there are no more of them than channels, and a gap comes with a message.
/// </summary>
internal sealed class Inbox(int capacity) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly LinkedList<InboxItem> _items = new();
    private readonly SemaphoreSlim _available = new(0);
    private TaskCompletionSource? _drained;
    private int _messages;
    private long _dropped;

    public bool IsFull
    {
        get
        {
            lock (_lock)
                return _messages >= capacity;
        }
    }

    public long Dropped => Interlocked.Read(ref _dropped);

    public void Add(ChannelStart start) => Add(new InboxItem(null, start));

    public void Add(ChannelGap gap) => Add(new InboxItem(null, null, gap));

    /// <summary>Takes it also when the inbox is full: then the oldest message goes.</summary>
    public void Add(Message message) => Add(new InboxItem(message, null));

    public async ValueTask<InboxItem> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _available.WaitAsync(cancellationToken);
            lock (_lock)
            {
                // Empty where what was announced has been dropped since.
                if (_items.First is not { } first)
                    continue;
                _items.RemoveFirst();
                if (first.Value.Message is not null)
                    CountDownLocked();
                return first.Value;
            }
        }
    }

    /// <summary>Done when no more than half of the capacity waits.</summary>
    public Task WhenHalfEmptyAsync()
    {
        lock (_lock)
        {
            if (_messages <= capacity / 2)
                return Task.CompletedTask;
            return (_drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    public void Dispose() => _available.Dispose();

    private void Add(InboxItem item)
    {
        lock (_lock)
        {
            if (item.Message is not null)
            {
                if (_messages >= capacity)
                    DropOldestLocked();
                _messages++;
            }

            _items.AddLast(item);
        }

        _available.Release();
    }

    private void DropOldestLocked()
    {
        var oldest = _items.First;
        while (oldest is { Value.Message: null })
            oldest = oldest.Next;
        _items.Remove(oldest!);
        CountDownLocked();
        Interlocked.Increment(ref _dropped);
    }

    private void CountDownLocked()
    {
        if (--_messages <= capacity / 2)
        {
            _drained?.TrySetResult();
            _drained = null;
        }
    }
}
