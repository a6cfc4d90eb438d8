using PubSub.ConnectNode.Delivery;
using PubSub.ConnectNode.Sockets;
using PubSub.ConnectNode.Sockets.Deflate;

namespace PubSub.ConnectNode.Sessions;

/// <summary>
/// Outbox to socket. Whoever brings a frame while nobody writes sends it on its own thread, without a task; only a full
/// socket makes the rest asynchronous. Ends when the socket is lost or the last frame of a closed outbox is out.
/// </summary>
internal sealed class SessionWriter
{
    private static readonly TaskCompletionSource Over = Completed();

    private readonly Outbox _outbox;
    private readonly FrameSink _sink;
    private TaskCompletionSource? _ended;
    private SharedFrame? _draining;

    public SessionWriter(Outbox outbox, FrameSink sink)
    {
        _outbox = outbox;
        _sink = sink;
        sink.Drained = OnDrained;
    }

    /// <summary>The client agreed to permessage-deflate with this window; null: to nothing. Beside the outbox, as each delivery asks for it.</summary>
    public DeflateWindow? Deflate { get; init; }

    /// <summary>Completes when nothing more will be written.</summary>
    public Task Ended
    {
        get
        {
            // Asked for at a session's end only, so that none is kept for its whole life.
            var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return (Interlocked.CompareExchange(ref _ended, asked, null) ?? asked).Task;
        }
    }

    /// <summary>Bytes that the reader is behind.</summary>
    public int Backlog => _outbox.Bytes + (Volatile.Read(ref _draining)?.Length ?? 0);

    /// <summary>It holds nothing but what its socket has not taken yet.</summary>
    public bool IsClosed => _outbox.IsClosed;

    public SlowReaderCounts Counts => _outbox.Counts;

    /// <summary>Lets go of half of what waits, where the rooms' policies allow it; false where they do not.</summary>
    public bool Relieve() => _outbox.Relieve();

    /// <summary>Nothing waits and nobody writes.</summary>
    public bool IsIdle => _outbox.IsIdle;

    /// <summary>Calls back once when it is idle, at once where it is; never after its end.</summary>
    public void WhenIdle(Action idle) => _outbox.WhenIdle(idle);

    /// <summary>The caller keeps its reference. False: the frame will not arrive; the verdict says why.</summary>
    public bool TrySend(SharedFrame frame, bool overCork, out OutboxVerdict verdict)
    {
        if (Deflate is not null)
            frame = Deflate.FormOf(frame);
        verdict = _outbox.TryEnqueue(frame, overCork);
        if (verdict == OutboxVerdict.SendNow)
        {
            if (Write(frame))
                WriteWaiting();
            return true;
        }

        return verdict == OutboxVerdict.Queued;
    }

    /// <summary>Writes this first frame, then what waited for it. Takes the caller's reference over.</summary>
    public void Uncork(SharedFrame first)
    {
        if (_outbox.Uncork(first))
            WriteWaiting();
    }

    /// <summary>Writes this last frame, and nothing of what waited before it. Takes the caller's reference over.</summary>
    public void CloseWith(SharedFrame? last)
    {
        if (_outbox.CloseWith(last))
            WriteWaiting();
    }

    /// <summary>What a send needs first; the writer itself is at hand.</summary>
    public void Prefetch()
    {
        Delivery.Prefetch.Object(_outbox);
        Delivery.Prefetch.Object(_sink);
    }

    /// <summary>What those refer to.</summary>
    public void PrefetchParts() => _sink.Prefetch();

    private void WriteWaiting()
    {
        bool ended;
        while (_outbox.TryTake(out var frame, out ended))
        {
            var goOn = Write(frame);
            frame.Release();
            if (!goOn)
                return;
        }

        if (ended)
            End();
    }

    /// <summary>False: a drain has the turn now, or the connection is lost.</summary>
    private bool Write(SharedFrame frame)
    {
        if (!_sink.TrySend(frame.Memory, out var sent))
            return Lost();
        if (sent == frame.Length)
            return true;

        frame.AddReference();
        _draining = frame;
        _outbox.Draining(frame);
        if (_sink.Drain(frame.Memory[sent..]) is not { } ok)
            return false;
        Drained(frame);
        return ok || Lost();
    }

    private void OnDrained(bool ok)
    {
        Drained(_draining!);
        if (ok)
            WriteWaiting();
        else
            Lost();
    }

    private void Drained(SharedFrame frame)
    {
        _draining = null;
        _outbox.Drained(frame);
        frame.Release();
    }

    private bool Lost()
    {
        _outbox.Abandon();
        End();
        return false;
    }

    private void End() => Interlocked.CompareExchange(ref _ended, Over, null)?.TrySetResult();

    private static TaskCompletionSource Completed()
    {
        var completed = new TaskCompletionSource();
        completed.SetResult();
        return completed;
    }
}
