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
/// One turn takes all that has gathered. Messages of one channel leave as one run at its end, which is why batches
/// grow with the load and a single message waits for nothing.
/// </summary>
internal sealed class NodeLane : IDisposable
{
    private const int MostInOneRun = 256;
    private const int RetryMilliseconds = 250;

    private readonly Dictionary<string, ChannelState> _channels = new(StringComparer.Ordinal);
    private readonly ChannelTable _table;
    private readonly GapRepair _repair;
    private readonly NodeMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly int _gapWait;
    private readonly ChannelEntrance _entrance;
    private readonly LaneWatch _repairs;
    private readonly LaneWatch _resumes;
    private readonly List<ChannelState> _dirty = [];
    private readonly HashSet<ChannelState> _resumed = [];
    private readonly Stack<List<LaneWork>> _spare = new();
    private readonly LaneQueue _queue;
    private readonly FanoutCrew _crew = new(Environment.ProcessorCount);

    public NodeLane(ChannelTable table, GapRepair repair, NodeMetrics metrics, TimeProvider time, int gapWait)
    {
        _table = table;
        _repair = repair;
        _metrics = metrics;
        _time = time;
        _gapWait = gapWait;
        _queue = new LaneQueue(Turn);
        _entrance = new ChannelEntrance(this, repair, gapWait);
        _repairs = new LaneWatch(time, () => Post(LaneCommand.Tick.Instance));
        _resumes = new LaneWatch(time, () => Post(LaneCommand.Tick.Instance));
    }

    public void Post(LaneCommand command) => Post(new LaneWork(command));

    public void Post(in LaneWork work) => _queue.Post(work);

    private void Turn(List<LaneWork> gathered)
    {
        foreach (ref readonly var work in CollectionsMarshal.AsSpan(gathered))
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

        foreach (var state in _dirty)
            Flush(state);
        _dirty.Clear();
        foreach (var state in _resumed)
            EndResume(state);
        _resumed.Clear();
    }

    public void Dispose()
    {
        _repairs.Dispose();
        _resumes.Dispose();
    }

    public long Now() => _resumes.Now();

    /// <summary>Nobody catches up on the channel any more.</summary>
    public void ResumeEnds(ChannelState state) => _resumed.Add(state);

    private void Apply(in LaneWork work, ChannelMessage message)
    {
        if (!_channels.TryGetValue(message.Channel, out var state))
        {
            // Its last subscriber left while this was on its way.
            work.Complete(0);
            return;
        }

        if (work.SlowReaders is not SlowReaderPolicy.Unspecified)
            state.SlowReaders = work.SlowReaders;
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
                _entrance.Activate(state, activate.Subscription);
                break;
            case LaneCommand.Remove remove when _channels.TryGetValue(remove.Subscription.Channel.Text, out var state):
                _entrance.Remove(state, remove.Subscription);
                remove.Done?.Invoke();
                break;
            case LaneCommand.Settle settle when _channels.TryGetValue(settle.Channel, out var state):
                _entrance.Settle(state, settle);
                break;
            case LaneCommand.Repaired repaired when _channels.TryGetValue(repaired.Channel, out var state):
                Repaired(state, repaired.Slice);
                break;
            case LaneCommand.PageRead page when _channels.TryGetValue(page.Channel, out var state):
                PageRead(state, page);
                break;
            case LaneCommand.PageRead page:
                page.Page.Dispose();
                break;
            case LaneCommand.GoOn goOn when _channels.TryGetValue(goOn.Subscription.Channel.Text, out var state):
                Flush(state);
                state.Resume?.GoOn(goOn.Subscription);
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

    private void PageRead(ChannelState state, LaneCommand.PageRead read)
    {
        if (state.Resume != read.Resume)
        {
            read.Page.Dispose();
            return;
        }

        Flush(state);
        read.Resume.Loaded(read.Page, read.Slice, read.Error);
        if (!state.IsSettled)
            _entrance.Settle(state, new LaneCommand.Settle(read.Channel, read.Slice, read.Error));
        else
            CloseIfUnused(state);
    }

    public void CloseIfUnused(ChannelState state)
    {
        if (!state.IsUnused || !_channels.Remove(state.Channel.Text))
            return;
        Flush(state);
        state.Resume?.Dispose();
        _repairs.Remove(state);
        _resumes.Remove(state);
        _table.Closed(state.Channel.Kind);
    }

    private void Accept(ChannelState state, in LaneWork work)
    {
        if (state.Pending is not { } pending)
        {
            state.Pending = pending = _spare.TryPop(out var spare) ? spare : [];
            _dirty.Add(state);
        }

        pending.Add(work);
        if (pending.Count >= MostInOneRun)
            Flush(state);
    }

    public void Flush(ChannelState state)
    {
        if (state.Pending is not { } pending)
            return;
        var messages = CollectionsMarshal.AsSpan(pending);
        var spans = FanoutSpans.Start(messages);
        var reached = Fanout.Send(state, messages, _crew);
        spans?.End(reached);
        _metrics.Delivered(messages, reached, _time.GetUtcNow());
        state.Resume?.Delivered(messages);
        foreach (ref readonly var work in messages)
            work.Complete(reached);
        pending.Clear();
        state.Pending = null;
        _spare.Push(pending);
    }

    public void AcceptHeld(ChannelState state, bool overHoles)
    {
        if (state.HeldCount == 0)
            return;
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

        // An answer may hold fewer messages than were asked for, where they are large.
        var end = ChannelPosition.From(slice.End);
        if (slice.FirstOffset <= end.Offset && state.IsNews(end))
        {
            StartRepair(state);
            return;
        }

        // The log was read to its end after these came out of it: what is not there now will never be.
        AcceptHeld(state, overHoles: true);
        if (state.MustRepair)
            StartRepair(state);
    }

    public void Watch(ChannelState state, int milliseconds)
    {
        if (!state.IsRepairing)
            _repairs.Add(state, milliseconds);
    }

    private void Tick()
    {
        foreach (var state in _repairs.TakeDue())
        {
            if (state.HeldCount > 0 || state.MustRepair)
                StartRepair(state);
        }

        foreach (var state in _resumes.TakeDue())
            EndResume(state);
    }

    private void EndResume(ChannelState state)
    {
        if (state.Resume is not { ExpiresAt: not long.MaxValue } resume)
            return;
        var wait = resume.ExpiresAt - Now();
        if (wait > 0)
        {
            _resumes.Add(state, wait);
            return;
        }

        resume.Dispose();
        state.Resume = null;
    }
}
