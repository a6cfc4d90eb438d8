using PubSub.ConnectNode.Channels;
using PubSub.Protocol.Channels;

namespace PubSub.ConnectNode.Delivery;

/// <summary>
/// How sessions come into the channels of a lane, and out of them. Runs on the lane.
///
/// A joining session announces itself first (BeginJoin), so that the channel exists before the node is in its routing;
/// then the controller is asked; then (Activate) the log's end is read for the first subscriber. From that position on
/// everything is owed to it. Messages that arrived meanwhile are held and sorted in behind the position. Later
/// subscribers begin at the channel's present position, at once. Whoever missed something goes through
/// <see cref="Resume"/>.
/// </summary>
internal sealed class ChannelEntrance(NodeLane lane, GapRepair repair, int gapWait)
{
    public void Activate(ChannelState state, Subscription subscription)
    {
        if (subscription.IsRemoved || subscription.IsLive)
            return;
        if (state.IsSettled)
        {
            GoLive(state, subscription);
            return;
        }

        state.Wait(subscription);
        state.Joining--;
        if (state.IsSettling)
            return;
        state.IsSettling = true;
        // What it missed and where the log ends come with one read.
        if (subscription.Resumes)
            ResumeOf(state).ReadFor(subscription);
        else
            repair.ReadEnd(lane, state.Channel);
    }

    private void GoLive(ChannelState state, Subscription subscription)
    {
        // What is already counted in the position must be out before somebody begins at it.
        lane.Flush(state);
        if (!state.StopWaiting(subscription))
            state.Joining--;
        if (subscription.Resumes)
        {
            ResumeOf(state).Begin(subscription);
            return;
        }

        subscription.IsLive = true;
        state.Subscribers.Add(subscription);
        subscription.Tell(new StartPosition(state.Position, false));
    }

    private Resume ResumeOf(ChannelState state)
    {
        if (state.Resume is not { } resume)
        {
            state.Resume = resume = new Resume(state, lane, repair);
            resume.StartAt(state.Position);
        }

        return resume;
    }

    public void Settle(ChannelState state, LaneCommand.Settle settle)
    {
        state.IsSettling = false;
        if (settle.Slice is not { } slice)
        {
            foreach (var subscription in state.WaitingNow())
            {
                subscription.IsRemoved = true;
                state.StopWaiting(subscription);
                subscription.Refuse(settle.Error);
            }

            lane.CloseIfUnused(state);
            return;
        }

        if (!state.IsSettled)
        {
            state.Position = ChannelPosition.From(slice.End);
            state.IsSettled = true;
            state.Resume?.StartAt(state.Position);
        }

        foreach (var subscription in state.WaitingNow())
            GoLive(state, subscription);
        lane.AcceptHeld(state, overHoles: false);
        if (state.HeldCount > 0)
            lane.Watch(state, gapWait);
    }

    public void Remove(ChannelState state, Subscription subscription)
    {
        if (subscription.IsRemoved)
            return;
        lane.Flush(state);
        subscription.IsRemoved = true;
        subscription.Reached = state.Position;
        if (subscription.IsLive)
            state.Subscribers.Remove(subscription);
        else if (state.Resume?.Remove(subscription) != true && !state.StopWaiting(subscription))
            state.Joining--;
        if (!subscription.IsIn)
            subscription.Refuse(new OperationCanceledException("The session ended while it came in."));
        lane.CloseIfUnused(state);
    }
}
