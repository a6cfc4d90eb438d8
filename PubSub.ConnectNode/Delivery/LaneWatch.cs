using PubSub.ConnectNode.Channels;

namespace PubSub.ConnectNode.Delivery;

/// <summary>Which channels of a lane wait for a moment, and the one timer that wakes the lane for them.</summary>
internal sealed class LaneWatch : IDisposable
{
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Dictionary<ChannelState, long> _moments = [];
    private long _wakeAt = long.MaxValue;

    public LaneWatch(TimeProvider time, Action wake)
    {
        _time = time;
        _timer = time.CreateTimer(_ => wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Keeps the earlier moment, where the channel has one already.</summary>
    public void Add(ChannelState state, long milliseconds)
    {
        var moment = Now() + milliseconds;
        if (_moments.TryGetValue(state, out var present) && present <= moment)
            return;
        _moments[state] = moment;
        WakeAt(moment);
    }

    public void Remove(ChannelState state) => _moments.Remove(state);

    /// <summary>Those whose moment has come; they are watched no more.</summary>
    public ChannelState[] TakeDue()
    {
        var now = Now();
        _wakeAt = long.MaxValue;
        ChannelState[] due = [.. _moments.Where(entry => entry.Value <= now).Select(entry => entry.Key)];
        foreach (var state in due)
            _moments.Remove(state);
        foreach (var moment in _moments.Values)
            WakeAt(moment);
        return due;
    }

    public long Now() => _time.GetTimestamp() * 1000 / _time.TimestampFrequency;

    public void Dispose() => _timer.Dispose();

    private void WakeAt(long moment)
    {
        if (moment >= _wakeAt)
            return;
        _wakeAt = moment;
        _timer.Change(TimeSpan.FromMilliseconds(Math.Max(1, moment - Now())), Timeout.InfiniteTimeSpan);
    }
}
