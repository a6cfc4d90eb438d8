using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace PubSub.PushManager.Offline;

/// <summary>
/// The notifications of one notifier: those that wait, and those that pause before their next try. A pause holds a place
/// in the queue and no worker, so that one device whose service says "later" delays no other. Closing cuts the pauses short:
/// a stop has time for one more try of each, not for the hour that a service may ask for.
/// </summary>
internal sealed class NotifierQueue(int capacity, TimeProvider time)
{
    private readonly Channel<Notification> _ready = Channel.CreateUnbounded<Notification>();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private int _waiting;
    private int _open;
    private bool _isClosed;

    public int Waiting => Volatile.Read(ref _waiting);

    public int UnderWay
    {
        get
        {
            lock (_lock)
                return _open - _waiting;
        }
    }

    /// <summary>False: it is full or closed.</summary>
    public bool TryEnter(Notification notification)
    {
        lock (_lock)
        {
            if (_isClosed || _waiting >= capacity)
                return false;
            _waiting++;
            _open++;
        }

        return _ready.Writer.TryWrite(notification);
    }

    /// <summary>Until the queue is closed and everything in it has ended.</summary>
    public async IAsyncEnumerable<Notification> TakeAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var notification in _ready.Reader.ReadAllAsync(cancellationToken))
        {
            lock (_lock)
                _waiting--;
            yield return notification;
        }
    }

    /// <summary>
    /// One that was taken waits for its next try. It had a place already, so it is refused one only where the queue is
    /// closed.
    /// </summary>
    public bool TryAgain(Notification notification, TimeSpan pause)
    {
        lock (_lock)
        {
            if (_isClosed)
                return false;
            _waiting++;
        }

        _ = EnterLaterAsync(notification, pause);
        return true;
    }

    /// <summary>One that was taken is done with.</summary>
    public void Ended()
    {
        lock (_lock)
        {
            _open--;
            CompleteIfEmpty();
        }
    }

    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            CompleteIfEmpty();
        }

        _closed.TrySetResult();
    }

    private async Task EnterLaterAsync(Notification notification, TimeSpan pause)
    {
        await _closed.Task.WaitAsync(pause, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ready.Writer.TryWrite(notification);
    }

    private void CompleteIfEmpty()
    {
        if (_isClosed && _open == 0)
            _ready.Writer.TryComplete();
    }
}
