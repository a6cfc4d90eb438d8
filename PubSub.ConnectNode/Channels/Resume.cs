using PubSub.ConnectNode.Delivery;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.Protocol.Outcomes;

namespace PubSub.ConnectNode.Channels;

/// <summary>
/// Brings the sessions of one channel that missed something up to where the channel is. Owned by the channel's lane,
/// and there only while somebody catches up.
/// </summary>
/// <remarks>
/// <para>
/// The seam. Reading the log takes a while, and messages go on meanwhile. So a session is not delivered to by the
/// fan-out until it has all that the fan-out has sent: pages of the log bring it near, and what was delivered since the
/// first page was asked for (<see cref="RecentMessages"/>) brings it level. Then, within one turn of the lane, it
/// becomes a subscriber. The log may also be ahead of the fan-out; then the session waits until that has come level.
/// </para>
/// <para>
/// The cost. A page is read once for all that need it and kept a moment for those who come next, so ten thousand
/// sessions that missed the same cost one read. Pieces go out one at a time, each when the one before has left, so a
/// session that reads slowly holds no memory and no lane. Above a budget of the node pages are not kept but read again.
/// </para>
/// </remarks>
internal sealed class Resume(ChannelState state, NodeLane lane, GapRepair log) : IDisposable
{
    private const int KeepMilliseconds = 2000;

    private readonly Dictionary<Subscription, Catchup> _catchups = [];
    private readonly List<Catchup> _ahead = [];
    private readonly LogPages _pages = new(log);
    private readonly RecentMessages _recent = new();

    public bool HasSessions => _catchups.Count > 0;

    /// <summary>When nobody needs it any more; rooms keep their pages for those who come next.</summary>
    public long ExpiresAt { get; private set; } = long.MaxValue;

    /// <summary>The channel is at this position, and all that it delivers is told from here on.</summary>
    public void StartAt(ChannelPosition position) => _recent.Restart(position);

    /// <summary>What the subscription needs is on its way already; for a channel that has to learn its log's end too.</summary>
    public void ReadFor(Subscription subscription) => Ask(subscription.From, subscription.Device, null);

    public void Begin(Subscription subscription)
    {
        var catchup = new Catchup(subscription);
        _catchups.Add(subscription, catchup);
        ExpiresAt = long.MaxValue;
        GoOn(catchup);
    }

    public void GoOn(Subscription subscription)
    {
        if (_catchups.TryGetValue(subscription, out var catchup))
            GoOn(catchup);
    }

    /// <summary>False: it was none of those that catch up.</summary>
    public bool Remove(Subscription subscription)
    {
        if (!_catchups.TryGetValue(subscription, out var catchup))
            return false;
        subscription.Reached = catchup.IsTold ? catchup.At!.Value : default;
        Forget(catchup);
        return true;
    }

    /// <summary>The fan-out sent these; the channel's position is that of the last.</summary>
    public void Delivered(ReadOnlySpan<LaneWork> messages)
    {
        _recent.Add(messages);
        if (_ahead.Count == 0)
            return;
        var ahead = _ahead.ToArray();
        _ahead.Clear();
        foreach (var catchup in ahead)
            GoOn(catchup);
    }

    public void Loaded(LogPage page, LogSlice? slice, Exception? error)
    {
        if (slice is null)
        {
            _pages.Drop(page);
            foreach (var catchup in page.Waiting)
                Failed(catchup, error!);
            Rest();
            return;
        }

        _pages.Load(page, slice);
        foreach (var catchup in page.Waiting)
            Take(catchup, page);
        page.Waiting.Clear();
        _pages.Used(page);
        Rest();
    }

    public void Dispose()
    {
        _pages.Dispose();
        _recent.Dispose();
    }

    private void GoOn(Catchup catchup)
    {
        if (catchup.IsGone)
            return;
        if (!catchup.IsTold && catchup.At is { } own && state.IsSettled
            && (own == state.Position || _recent.IsWholeBehind(own) || _pages.FindNext(own) is not null) && !IsTooFar(own, state.Position))
        {
            Tell(catchup, own, isRecovered: true);
        }

        if (!catchup.IsTold)
            Read(catchup);
        else
            Send(catchup, catchup.At!.Value);
    }

    private void Send(Catchup catchup, ChannelPosition at)
    {
        var order = PositionComparer.Compare(at, state.Position);
        if (order == 0)
        {
            Live(catchup);
        }
        else if (order > 0)
        {
            _ahead.Add(catchup);
        }
        else if (!catchup.Subscription.Session.Writer.IsIdle)
        {
            GoOnWhenIdle(catchup.Subscription);
        }
        else if ((_recent.Behind(at) ?? _pages.FindNext(at)?.Run) is { } run)
        {
            var piece = run.From(run.IndexAfter(at), catchup.Subscription.IsJson, log.PieceBytes);
            if (!catchup.Subscription.Session.TrySend(piece.Frame))
                return;
            catchup.At = piece.Last;
            if (piece.Last == state.Position)
                Live(catchup);
            else
                GoOnWhenIdle(catchup.Subscription);
        }
        else
        {
            Read(catchup);
        }
    }

    /// <summary>Through the lane's queue, so that a long way to go lets the others pass.</summary>
    private void GoOnWhenIdle(Subscription subscription) =>
        subscription.Session.Writer.WhenIdle(() => lane.Post(new LaneCommand.GoOn(subscription)));

    private void Read(Catchup catchup)
    {
        var device = catchup.At is null ? catchup.Subscription.Device : null;
        var page = catchup.IsTold ? _pages.FindComing(catchup.At) : _pages.Find(catchup.At, device);
        if (page is { IsLoaded: true })
            Take(catchup, page);
        else if (page is not null)
            page.Waiting.Add(catchup);
        else
            Ask(catchup.At, device, catchup);
    }

    private void Ask(ChannelPosition? after, string? device, Catchup? who, bool again = false)
    {
        ExpiresAt = long.MaxValue;
        var page = _pages.Add(after, device);
        if (who is not null)
            page.Waiting.Add(who);
        log.ReadPage(lane, state.Channel, this, page, again);
    }

    private void Take(Catchup catchup, LogPage page)
    {
        if (catchup.IsGone)
            return;
        if (!catchup.IsTold)
            TakeFirst(catchup, page);
        else if (page.Start != catchup.At)
            catchup.Subscription.Session.End(DisconnectReason.SlowConsumer, "The log lost what this session is owed before it was read.");
        else if (page.Run.Messages.Count == 0 && page.Start == page.End && PositionComparer.Compare(page.End, state.Position) < 0)
            Live(catchup);
        else
            GoOn(catchup);
    }

    private void TakeFirst(Catchup catchup, LogPage page)
    {
        if (!page.End.IsLogged)
        {
            Tell(catchup, default, isRecovered: false);
            Live(catchup);
            return;
        }

        var newest = PositionComparer.Compare(page.End, state.Position) > 0 ? page.End : state.Position;
        if (IsTooFar(page.Start, newest))
            Tell(catchup, new ChannelPosition(newest.Epoch, newest.Offset - log.MostMissed), isRecovered: false);
        else
            Tell(catchup, page.Start, page.IsComplete);
        GoOn(catchup);
    }

    private bool IsTooFar(ChannelPosition from, ChannelPosition newest) =>
        from.Epoch == newest.Epoch && newest.Offset - from.Offset > log.MostMissed;

    private void Tell(Catchup catchup, ChannelPosition start, bool isRecovered)
    {
        catchup.At = start;
        catchup.IsTold = true;
        log.Told(isRecovered);
        catchup.Subscription.Tell(new StartPosition(start, isRecovered));
    }

    private void Live(Catchup catchup)
    {
        Forget(catchup);
        catchup.Subscription.IsLive = true;
        state.Subscribers.Add(catchup.Subscription);
    }

    /// <summary>Who was answered already is owed its messages, however long the log is away; others may try again.</summary>
    private void Failed(Catchup catchup, Exception error)
    {
        if (catchup.IsGone)
            return;
        if (catchup.IsTold)
        {
            if (_pages.FindComing(catchup.At) is { } page)
                page.Waiting.Add(catchup);
            else
                Ask(catchup.At, null, catchup, again: true);
            return;
        }

        Forget(catchup);
        catchup.Subscription.IsRemoved = true;
        catchup.Subscription.Refuse(error);
    }

    private void Forget(Catchup catchup)
    {
        catchup.IsGone = true;
        _catchups.Remove(catchup.Subscription);
        if (_ahead.Count > 0)
            _ahead.Remove(catchup);
        Rest();
    }

    private void Rest()
    {
        ExpiresAt = _catchups.Count > 0 || _pages.IsReading ? long.MaxValue
            : state.Channel.Kind is ChannelKind.User ? 0 : lane.Now() + KeepMilliseconds;
        if (ExpiresAt != long.MaxValue)
            lane.ResumeEnds(state);
    }
}
