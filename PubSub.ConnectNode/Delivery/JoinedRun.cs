using PubSub.ConnectNode.Sessions;

namespace PubSub.ConnectNode.Delivery;

/// <summary>
/// What waited behind a frame, joined with it into one buffer, for all who have fallen behind in step: their sockets take
/// the same bytes from the same memory. Kept by the first of the frames for as long as somebody waits for that.
/// </summary>
internal sealed class JoinedRun(OutboxGauge gauge)
{
    private readonly Lock _lock = new();
    private long[] _numbers = [];
    private SharedFrame? _whole;

    /// <summary>The frames as one; the caller gets a reference, and keeps those of the frames.</summary>
    public SharedFrame Of(ReadOnlySpan<SharedFrame> frames, int bytes)
    {
        lock (_lock)
        {
            if (_whole is null)
            {
                _whole = SharedFrame.Join(frames, bytes);
                _numbers = NumbersOf(frames);
                gauge.Hold(_whole);
            }
            else if (!AreThese(frames))
            {
                return SharedFrame.Join(frames, bytes);
            }

            _whole.AddReference();
            return _whole;
        }
    }

    public void Release()
    {
        if (_whole is null)
            return;
        gauge.LetGo(_whole);
        _whole.Release();
    }

    private bool AreThese(ReadOnlySpan<SharedFrame> frames)
    {
        if (frames.Length != _numbers.Length)
            return false;
        for (var i = 0; i < frames.Length; i++)
        {
            if (frames[i].Number != _numbers[i])
                return false;
        }

        return true;
    }

    private static long[] NumbersOf(ReadOnlySpan<SharedFrame> frames)
    {
        var numbers = new long[frames.Length];
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = frames[i].Number;
        return numbers;
    }
}
