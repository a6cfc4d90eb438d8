using System.Diagnostics;
using PubSub.ConnectNode.Delivery;

namespace PubSub.ConnectNode.Sessions;

internal enum OutboxVerdict
{
    /// <summary>Nobody was writing: the caller has the turn and writes this frame itself.</summary>
    SendNow,

    /// <summary>It waits, or a gap mark in its place; whoever has the turn will write it.</summary>
    Queued,

    /// <summary>The bounds are reached: the reader is too slow.</summary>
    TooSlow,

    /// <summary>The session takes nothing any more.</summary>
    Closed,
}

/// <summary>
/// The frames that wait for one session's socket, bounded in bytes and count. Writing goes by turns: one thread has the
/// turn and sends outside the lock, the others only leave their frame. What gathered meanwhile leaves in one write. A
/// reader that keeps up never makes anybody take the lock. Invariant: without a turn nothing waits.
/// </summary>
internal sealed partial class Outbox(int maxBytes, int maxFrames, OutboxGauge gauge)
{
    /// <summary>Writes are joined up to this size.</summary>
    private const int MostInOneWrite = 64 * 1024;

    private const int MostFramesInOneWrite = 256;

    [ThreadStatic]
    private static SharedFrame[]? _taken;

    private readonly Lock _lock = new();
    private OutboxTurn _turn;
    private SharedFrame[] _ring = [];
    private int _head;
    private int _count;
    private int _bytes;
    private bool _turnTaken;
    private bool _closed;
    private bool _corked = true;
    private Action? _idle;

    /// <summary>All that was given to it is out.</summary>
    public bool IsIdle
    {
        get
        {
            using (Enter())
                return IsIdleLocked;
        }
    }

    private bool IsIdleLocked => !_turnTaken && !_corked && _count == 0 && !_closed;

    /// <summary>Calls back once when it is idle; never after its end.</summary>
    public void WhenIdle(Action idle)
    {
        using (Enter())
        {
            if (!IsIdleLocked)
            {
                _idle = _closed ? null : _idle + idle;
                return;
            }
        }

        idle();
    }

    /// <param name="frame">The frame; the caller keeps its reference.</param>
    /// <param name="overCork">Does not wait for <see cref="Uncork"/>.</param>
    public OutboxVerdict TryEnqueue(SharedFrame frame, bool overCork = false)
    {
        if (_turn.TryTake())
            return OutboxVerdict.SendNow;
        using (Enter())
        {
            if (_closed)
                return OutboxVerdict.Closed;
            if (!_turnTaken && (overCork || !_corked))
            {
                _turnTaken = true;
                return OutboxVerdict.SendNow;
            }

            var isNodeFull = gauge.IsFull;
            if (isNodeFull || _bytes + frame.Length > maxBytes || _count >= maxFrames)
                return TryMakeRoomLocked(frame, isNodeFull) ? OutboxVerdict.Queued : OutboxVerdict.TooSlow;
            frame.AddReference();
            PushLocked(frame);
            return OutboxVerdict.Queued;
        }
    }

    /// <summary>
    /// For whoever has the turn: what gathered, as one frame whose reference passes to the caller. False gives the turn
    /// back; <paramref name="ended"/> says then that no turn will follow.
    /// </summary>
    public bool TryTake(out SharedFrame frame, out bool ended)
    {
        frame = null!;
        ended = false;
        if (_turn.TryGiveBack())
            return false;
        Action? idle = null;
        int count;
        var taken = _taken ??= new SharedFrame[MostFramesInOneWrite];
        var most = gauge.IsTight ? 1 : taken.Length;
        var bytes = 0;
        using (Enter())
        {
            Debug.Assert(_turnTaken, "Only who has the turn takes.");
            for (count = 0; _count > 0 && !_corked && count < most; count++)
            {
                var next = _ring[_head];
                if (count > 0 && bytes + next.Length > MostInOneWrite)
                    break;
                bytes += next.Length;
                taken[count] = PopLocked();
            }

            if (count == 0)
            {
                _turnTaken = false;
                ended = _closed;
                if (IsIdleLocked)
                    (idle, _idle) = (_idle, null);
            }
        }

        if (count == 0)
        {
            idle?.Invoke();
            return false;
        }

        foreach (var one in taken.AsSpan(0, count))
            gauge.Left(one);
        frame = taken[0];
        if (count > 1)
        {
            frame = frame.JoinWith(taken.AsSpan(0, count), bytes, gauge);
            foreach (var one in taken.AsSpan(0, count))
                one.Release();
        }

        taken.AsSpan(0, count).Clear();
        return true;
    }

    /// <summary>
    /// Until now all frames waited for this one, the first that the client may see. Takes the caller's reference over.
    /// True: the caller has the turn.
    /// </summary>
    public bool Uncork(SharedFrame first)
    {
        using (Enter())
        {
            if (_closed || !_corked)
            {
                first.Release();
                return false;
            }

            _corked = false;
            PushLocked(first);
            // It stands last; turn the ring until it stands first.
            for (var i = _count - 1; i > 0; i--)
            {
                var waiting = PopLocked();
                gauge.Left(waiting);
                PushLocked(waiting);
            }
            if (_turnTaken)
                return false;
            _turnTaken = true;
            return true;
        }
    }

    /// <summary>
    /// Lets go of what waits and takes nothing more but this last frame, whose reference it takes over. True: the caller
    /// has the turn and writes (by <see cref="TryTake"/>).
    /// </summary>
    public bool CloseWith(SharedFrame? last)
    {
        using (Enter())
        {
            if (_closed)
            {
                last?.Release();
                return false;
            }

            _closed = true;
            _corked = false;
            LetAllGoLocked();
            if (last is not null)
                PushLocked(last);
            if (_turnTaken)
                return false;
            _turnTaken = true;
            return true;
        }
    }

    /// <summary>The connection is gone: lets go of everything. The turn is never given back.</summary>
    public void Abandon()
    {
        using (Enter())
        {
            _idle = null;
            _closed = true;
            _turnTaken = true;
            LetAllGoLocked();
            _ring = [];
        }
    }

    private Entered Enter()
    {
        _lock.Enter();
        _turn.Lock(ref _turnTaken);
        return new Entered(this);
    }

    private void Leave()
    {
        // Nothing to decide until something has to wait.
        if (_count == 0 && !_corked && !_closed && _idle is null)
            _turn.Unlock(_turnTaken);
        _lock.Exit();
    }

    private void PushLocked(SharedFrame frame)
    {
        if (_count == _ring.Length)
        {
            var larger = new SharedFrame[Math.Max(4, _count * 2)];
            for (var i = 0; i < _count; i++)
                larger[i] = _ring[(_head + i) % _ring.Length];
            _ring = larger;
            _head = 0;
        }

        _ring[(_head + _count) % _ring.Length] = frame;
        _count++;
        _bytes += frame.Length;
        gauge.Queued(frame);
    }

    private void LetAllGoLocked()
    {
        while (_count > 0)
        {
            var frame = PopLocked();
            gauge.Left(frame);
            frame.Release();
        }
    }

    private SharedFrame PopLocked()
    {
        var frame = _ring[_head];
        _bytes -= frame.Length;
        _ring[_head] = null!;
        _head = (_head + 1) % _ring.Length;
        _count--;
        // A reader that was slow once must not keep the memory of it.
        if (_count == 0 && _ring.Length > 64)
        {
            _ring = [];
            _head = 0;
        }

        return frame;
    }

    /// <summary>The lock, and the turn with it.</summary>
    private readonly ref struct Entered(Outbox outbox)
    {
        public void Dispose() => outbox.Leave();
    }
}
