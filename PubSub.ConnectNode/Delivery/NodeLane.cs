using System.Runtime.InteropServices;
using PubSub.ConnectNode.Channels;
using PubSub.Protocol;
using PubSub.Protocol.Channels;

namespace PubSub.ConnectNode.Delivery;

/// <summary>
/// Applies everything that happens to its channels, one thing after another, so that no channel needs a lock.
///
/// Order. What is not newer than what the channel has is a repetition and is dropped. The next offset goes out. Any
/// later one shows a hole: it is held a few milliseconds, because two writers of one channel may cross; then the hole
/// is read from the log, once, and the held ones follow it. What the log has lost is passed over: clients see the step
/// in the offsets. A newer epoch is a new life of the log and begins at 1.
///
/// Coming in. A joining session announces itself here first (BeginJoin), so that the channel exists before the node is
/// in its routing; then the controller is asked; then (Activate) the log's end is read for the first subscriber. From
/// that position on everything is owed to it. Messages that arrived meanwhile are held and sorted in behind the
/// position. Later subscribers begin at the channel's present position, at once.
///
/// One turn takes all that has gathered. Messages of one channel leave as one run at its end, which is why batches
/// grow with the load and a single message waits for nothing.
/// </summary>
internal sealed class NodeLane : IThreadPoolWorkItem, IDisposable
{
    private const int MostInOneRun = 256;
    private const int RetryMilliseconds = 250;

    private readonly Dictionary<string, ChannelState> _channels = new(StringComparer.Ordinal);
    private readonly ChannelTable _table;
    private readonly GapRepair _repair;
    private readonly NodeMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly int _gapWait;
    private readonly ITimer _timer;
    private readonly HashSet<ChannelState> _watched = [];
    private readonly List<ChannelState> _dirty = [];
    private readonly Lock _lock = new();
    private List<LaneWork> _queue = [];
    private List<LaneWork> _working = [];
    private bool _running;
    private long _wakeAt = long.MaxValue;

    public NodeLane(ChannelTable table, GapRepair repair, NodeMetrics metrics, TimeProvider time, int gapWait)
    {
        _table = table;
        _repair = repair;
        _metrics = metrics;
        _time = time;
        _gapWait = gapWait;
        _timer = time.CreateTimer(_ => Post(LaneCommand.Tick.Instance), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Post(LaneCommand command) => Post(new LaneWork(command));

    public void Post(in LaneWork work)
    {
        lock (_lock)
        {
            _queue.Add(work);
            if (_running)
                return;
            _running = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    public void Execute()
    {
        while (true)
        {
            lock (_lock)
            {
                if (_queue.Count == 0)
                {
                    _running = false;
                    return;
                }

                (_queue, _working) = (_working, _queue);
            }

            foreach (ref readonly var work in CollectionsMarshal.AsSpan(_working))
            {
                switch (work.Subject)
                {
                    case ChannelMessage message:
                        Apply(work, message);
                        break;
                    case Gap gap:
                        Apply(gap);
                        work.Complete(0);
                        break;
                    case LaneCommand command:
                        Apply(command);
                        break;
                }
            }

            _working.Clear();
            foreach (var state in _dirty)
                Flush(state);
            _dirty.Clear();
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Apply(in LaneWork work, ChannelMessage message)
    {
        if (!_channels.TryGetValue(message.Channel, out var state))
        {
            // Its last subscriber left while this was on its way.
            work.Complete(0);
            return;
        }

        var position = ChannelPosition.From(message.Position);
        if (!position.IsLogged)
        {
            Accept(state, work);
        }
        else if (!state.IsSettled)
        {
            state.Hold(message, position);
            work.Complete(state.Subscribers.Count);
        }
        else if (!state.IsNews(position))
        {
            _metrics.Repeated();
            // A repair was faster than the link; those who are here have the message.
            work.Complete(state.Subscribers.Count);
        }
        else if (state.IsNext(position))
        {
            state.Position = position;
            Accept(state, work);
            AcceptHeld(state, overHoles: false);
        }
        else
        {
            state.Hold(message, position);
            Watch(state, _gapWait);
            // The sender need not wait for a repair: from here on the message is this node's to deliver.
            work.Complete(state.Subscribers.Count);
        }
    }

    private void Apply(Gap gap)
    {
        if (!_channels.TryGetValue(gap.Channel, out var state) || !state.IsSettled)
            return;
        var until = ChannelPosition.From(gap.Until);
        if (until.IsLogged && !state.IsNews(until))
            return;
        StartRepair(state);
    }

    private void Apply(LaneCommand command)
    {
        switch (command)
        {
            case LaneCommand.BeginJoin join:
                ref var slot = ref CollectionsMarshal.GetValueRefOrAddDefault(_channels, join.Subscription.Channel.Text, out var exists);
                if (!exists)
                {
                    slot = new ChannelState(join.Subscription.Channel);
                    _table.Opened(join.Subscription.Channel.Kind);
                }

                slot!.Joining++;
                break;
            case LaneCommand.Activate activate when _channels.TryGetValue(activate.Subscription.Channel.Text, out var state):
                Activate(state, activate.Subscription);
                break;
            case LaneCommand.Remove remove when _channels.TryGetValue(remove.Subscription.Channel.Text, out var state):
                Remove(state, remove.Subscription);
                remove.Done?.Invoke();
                break;
            case LaneCommand.Settle settle when _channels.TryGetValue(settle.Channel, out var state):
                Settle(state, settle);
                break;
            case LaneCommand.Repaired repaired when _channels.TryGetValue(repaired.Channel, out var state):
                Repaired(state, repaired.Slice);
                break;
            case LaneCommand.Tick:
                Tick();
                break;
            case LaneCommand.RecheckAll:
                foreach (var state in _channels.Values.Where(static state => state.IsSettled))
                    StartRepair(state);
                break;
        }
    }

    private void Activate(ChannelState state, Subscription subscription)
    {
        if (subscription.IsRemoved || subscription.IsLive)
            return;
        if (state.IsSettled)
        {
            GoLive(state, subscription);
            return;
        }

        state.Waiting.Add(subscription);
        state.Joining--;
        if (state.IsSettling)
            return;
        state.IsSettling = true;
        _repair.ReadEnd(this, state.Channel);
    }

    private void GoLive(ChannelState state, Subscription subscription)
    {
        // What is already counted in the position must be out before somebody begins at it.
        Flush(state);
        if (!state.Waiting.Remove(subscription))
            state.Joining--;
        subscription.IsLive = true;
        state.Subscribers.Add(subscription);
        subscription.Activated(subscription, state.Position, null);
    }

    private void Settle(ChannelState state, LaneCommand.Settle settle)
    {
        state.IsSettling = false;
        if (settle.Slice is not { } slice)
        {
            foreach (var subscription in state.Waiting.ToArray())
            {
                subscription.IsRemoved = true;
                state.Waiting.Remove(subscription);
                subscription.Activated(subscription, default, settle.Error);
            }

            CloseIfUnused(state);
            return;
        }

        if (!state.IsSettled)
        {
            state.Position = ChannelPosition.From(slice.End);
            state.IsSettled = true;
        }

        foreach (var subscription in state.Waiting.ToArray())
            GoLive(state, subscription);
        AcceptHeld(state, overHoles: false);
        if (state.Held.Count > 0)
            Watch(state, _gapWait);
    }

    private void Remove(ChannelState state, Subscription subscription)
    {
        if (subscription.IsRemoved)
            return;
        subscription.IsRemoved = true;
        if (subscription.IsLive)
            state.Subscribers.Remove(subscription);
        else if (!state.Waiting.Remove(subscription))
            state.Joining--;
        if (!subscription.IsLive)
            subscription.Activated(subscription, default, new OperationCanceledException("The session ended while it came in."));
        CloseIfUnused(state);
    }

    private void CloseIfUnused(ChannelState state)
    {
        if (!state.IsUnused || !_channels.Remove(state.Channel.Text))
            return;
        Flush(state);
        _watched.Remove(state);
        _table.Closed(state.Channel.Kind);
    }

    private void Accept(ChannelState state, in LaneWork work)
    {
        if (state.Pending.Count == 0)
            _dirty.Add(state);
        state.Pending.Add(work);
        if (state.Pending.Count >= MostInOneRun)
            Flush(state);
    }

    private void Flush(ChannelState state)
    {
        if (state.Pending.Count == 0)
            return;
        var messages = CollectionsMarshal.AsSpan(state.Pending);
        var spans = FanoutSpans.Start(messages);
        var reached = Fanout.Send(state, messages);
        spans?.End(reached);
        _metrics.Delivered(messages, reached, _time.GetUtcNow());
        foreach (ref readonly var work in messages)
            work.Complete(reached);
        state.Pending.Clear();
    }

    private void AcceptHeld(ChannelState state, bool overHoles)
    {
        var taken = 0;
        foreach (var ((epoch, offset), message) in state.Held)
        {
            var position = new ChannelPosition(epoch, offset);
            if (state.IsNews(position))
            {
                if (!overHoles && !state.IsNext(position))
                    break;
                state.Position = position;
                Accept(state, new LaneWork(message));
            }

            taken++;
        }

        state.DropHeld(taken);
    }

    private void StartRepair(ChannelState state)
    {
        if (state.IsRepairing)
            return;
        state.IsRepairing = true;
        state.MustRepair = false;
        _repair.ReadHole(this, state.Channel, state.Position);
    }

    private void Repaired(ChannelState state, LogSlice? slice)
    {
        state.IsRepairing = false;
        if (slice is null)
        {
            state.MustRepair = true;
            Watch(state, RetryMilliseconds);
            return;
        }

        foreach (var message in slice.Messages)
        {
            var position = ChannelPosition.From(message.Position);
            if (!state.IsNews(position))
                continue;
            state.Position = position;
            Accept(state, new LaneWork(message));
        }

        if (slice.Messages.Count >= GapRepair.MostAtOnce)
        {
            StartRepair(state);
            return;
        }

        // The log was read to its end after these came out of it: what is not there now will never be.
        AcceptHeld(state, overHoles: true);
        if (state.MustRepair)
            StartRepair(state);
    }

    private void Watch(ChannelState state, int milliseconds)
    {
        if (state.IsRepairing || !_watched.Add(state))
            return;
        state.RepairAt = Now() + milliseconds;
        WakeAt(state.RepairAt);
    }

    private void Tick()
    {
        var now = Now();
        _wakeAt = long.MaxValue;
        foreach (var state in _watched.ToArray())
        {
            if (state.RepairAt > now)
            {
                WakeAt(state.RepairAt);
                continue;
            }

            _watched.Remove(state);
            if (state.Held.Count > 0 || state.MustRepair)
                StartRepair(state);
        }
    }

    private void WakeAt(long moment)
    {
        if (moment >= _wakeAt)
            return;
        _wakeAt = moment;
        _timer.Change(TimeSpan.FromMilliseconds(Math.Max(1, moment - Now())), Timeout.InfiniteTimeSpan);
    }

    private long Now() => _time.GetTimestamp() * 1000 / _time.TimestampFrequency;
}
