using System.Buffers;
using PubSub.ConnectNode.Sessions;
using PubSub.Protocol.Outcomes;

namespace PubSub.ConnectNode.Sockets.Lean;

/// <summary>
/// A plaintext WebSocket on its bare socket: what a session writes goes straight into it, what comes is read by the
/// poller's thread into a buffer that all share. Between frames it holds nothing but itself.
/// </summary>
internal sealed class LeanConnection(Poller poller, int place, NativeSocket socket, WebSocketDoor door) : FrameSink, IPolled
{
    private readonly Lock _lock = new();
    private Session _session = null!;
    private FrameReader? _frames;
    private byte[] _unread = [];
    private ReadOnlyMemory<byte> _rest;
    private PollEvents _watched = PollEvents.Readable;
    private bool _isDraining;
    private bool _isEnding;
    private bool _sawEnd;
    private bool _isClosed;
    private TaskCompletionSource? _discarded;

    /// <summary>Takes the place over from the newcomer, who was watched for reading.</summary>
    public void Begin(WebSocketVisit visit)
    {
        _session = door.Open(this, visit, Cut);
        poller.Replace(place, this);
    }

    public override void Prefetch() => Delivery.Prefetch.Object(socket);

    public override bool TrySend(ReadOnlyMemory<byte> bytes, out int sent)
    {
        try
        {
            sent = socket.Send(bytes.Span);
        }
        catch (ObjectDisposedException)
        {
            sent = -1;
        }

        if (sent >= 0)
            return true;
        sent = 0;
        return false;
    }

    public override bool? Drain(ReadOnlyMemory<byte> rest)
    {
        lock (_lock)
        {
            if (_isClosed)
                return false;
            (_rest, _isDraining) = (rest, true);
            WatchLocked();
            return null;
        }
    }

    public override void Finish()
    {
        lock (_lock)
        {
            if (!_isClosed)
                socket.Finish();
        }
    }

    public void Ready(PollEvents events)
    {
        if ((events & (PollEvents.Writable | PollEvents.Error | PollEvents.HungUp)) != 0)
            GoOnDraining();
        if ((events & (PollEvents.Readable | PollEvents.Error | PollEvents.HungUp)) != 0 && !_sawEnd)
            Read();
    }

    public void Fail(Exception error)
    {
        door.LogFailed(_session, error);
        End(DisconnectReason.InternalError);
    }

    /// <summary>Completes when the peer has nothing more to say.</summary>
    public Task DiscardAsync()
    {
        lock (_lock)
        {
            if (_sawEnd || _isClosed)
                return Task.CompletedTask;
            _discarded ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _discarded.Task;
        }
    }

    /// <summary>The session is over, and everything said: the socket goes.</summary>
    public override void Dispose()
    {
        lock (_lock)
        {
            if (_isClosed)
                return;
            _isClosed = true;
            poller.Watch(place, socket, _watched, PollEvents.None);
            poller.Leave(place);
            socket.Dispose();
        }

        EndDrain(false);
        _discarded?.TrySetResult();
    }

    private void Cut()
    {
        lock (_lock)
        {
            if (!_isClosed)
                socket.Cut();
        }
    }

    private void Read()
    {
        var buffer = poller.Buffer;
        _unread.CopyTo(buffer, 0);
        if (socket.Receive(buffer.AsSpan(_unread.Length)) is not { } received)
            return;
        if (received <= 0)
        {
            SeeEnd();
            return;
        }

        _session.LastSeen = _session.Clock();
        if (!_isEnding)
            Take(new ReadOnlySequence<byte>(buffer, 0, _unread.Length + received));
    }

    private void Take(ReadOnlySequence<byte> bytes)
    {
        _frames ??= door.Frames.NewReader(_session);
        var reason = door.Frames.Take(_frames, _session, bytes, out var consumed);
        // At most the beginning of a frame's head; hardly ever anything.
        _unread = bytes.Slice(consumed).ToArray();
        if (reason is null && !_frames.IsAtRest)
            return;
        _frames.Dispose();
        _frames = null;
        if (reason is { } end)
            End(end);
    }

    private void SeeEnd()
    {
        lock (_lock)
        {
            _sawEnd = true;
            if (!_isClosed)
                WatchLocked();
        }

        _discarded?.TrySetResult();
        End(DisconnectReason.ConnectionLost);
    }

    private void End(DisconnectReason reason)
    {
        if (_isEnding)
            return;
        _isEnding = true;
        _unread = [];
        _frames?.Dispose();
        _frames = null;
        _ = door.EndAsync(_session, this, DiscardAsync, reason);
    }

    private void GoOnDraining()
    {
        bool ok;
        lock (_lock)
        {
            if (!_isDraining || _isClosed)
                return;
            ok = TrySend(_rest, out var sent);
            _rest = _rest[sent..];
            if (ok && !_rest.IsEmpty)
                return;
        }

        EndDrain(ok);
    }

    private void EndDrain(bool ok)
    {
        lock (_lock)
        {
            if (!_isDraining)
                return;
            (_isDraining, _rest) = (false, default);
            if (!_isClosed)
                WatchLocked();
        }

        Drained?.Invoke(ok);
    }

    private void WatchLocked()
    {
        var wanted = (_sawEnd ? PollEvents.None : PollEvents.Readable) | (_isDraining ? PollEvents.Writable : PollEvents.None);
        poller.Watch(place, socket, _watched, wanted);
        _watched = wanted;
    }
}
