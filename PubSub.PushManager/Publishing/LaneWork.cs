using System.Diagnostics;
using Grpc.Core;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.PushManager.Links;
using PubSub.PushManager.Log;
using PubSub.PushManager.Resolving;
using PubSub.PushManager.Upstreams;

namespace PubSub.PushManager.Publishing;

/// <summary>
/// What a lane does with a batch: 3 append, 4 resolve, 5 hand to the links. The append comes before the resolve:
/// whoever joined before it is found, whoever joins after it starts behind it or reads it from the log.
/// </summary>
internal sealed class LaneWork(
    ChannelLog log, NodeResolver resolver, LinkTable links, SlowReaderRules slowReaders, PushMetrics metrics, TimeProvider time)
{
    public async Task DoAsync(List<PendingPush> pushes, LaneMemory memory)
    {
        await TellOwedAsync(memory);
        if (pushes.Count == 0)
            return;

        var groups = ChannelBatch.Group(pushes);
        await AppendAsync(groups, memory);
        groups.RemoveAll(group => group.IsRefused);
        await ResolveAndDeliverAsync(groups, memory);
    }

    public static void Fail(List<PendingPush> pushes)
    {
        foreach (var push in pushes)
        {
            push.Complete(new LaneAnswer(PublishOutcome.Refused(
                StatusCode.Internal, "the push failed; whether it was stored is not known. Try again with the same message_id."), false, null));
        }
    }

    /// <summary>3: one script call for each channel, all of them in one round trip.</summary>
    private async Task AppendAsync(List<ChannelBatch> groups, LaneMemory memory)
    {
        var appends = groups.Where(group => group.NeedsIds || !IsTakenForOff(group.Channel, memory)).Select(group => AppendAsync(group, memory));
        await Task.WhenAll(appends.ToList());
    }

    private async Task AppendAsync(ChannelBatch group, LaneMemory memory)
    {
        var spans = Trace("append", group);
        var started = time.GetTimestamp();
        try
        {
            var entries = group.Pushes.ConvertAll(push => new LogEntry(push.Message, push.IsIdempotent, push.IsJob, push.ReceiptsTo, push.Published));
            var appended = await log.AppendAsync(group.Channel, entries, memory.EndOf(group.Channel));
            metrics.Appended(group.Channel.Kind, appended.Places.Count(place => place is { IsDuplicate: false, Position.IsLogged: true }), time.GetElapsedTime(started));
            TakePlaces(group, appended, memory);
        }
        catch (UpstreamAwayException away)
        {
            // Without a log the push still goes out; that its id cannot be looked up is the price of no log.
            if (!IsTakenForOff(group.Channel, memory))
                group.Refuse(StatusCode.Unavailable, push => $"{away.Message} message_id: {push.Message.MessageId}");
        }
        catch (ChannelDamagedException damaged)
        {
            if (!IsTakenForOff(group.Channel, memory))
                group.Refuse(StatusCode.DataLoss, _ => damaged.Message);
        }
        finally
        {
            spans?.ForEach(static span => span.Dispose());
        }
    }

    private void TakePlaces(ChannelBatch group, LogAppend appended, LaneMemory memory)
    {
        if (appended.Verdict is LogVerdict.NoRoom)
        {
            group.Refuse(StatusCode.NotFound, _ => NoRoom(group.Channel));
            return;
        }

        group.Appended = appended;
        for (var i = 0; i < group.Pushes.Count; i++)
        {
            var (position, isDuplicate) = appended.Places[i];
            if (position.IsLogged)
                group.Pushes[i].Message.Position = position.ToProto();
            if (isDuplicate)
                metrics.Duplicate(group.Channel.Kind);
            else if (group.IsLogged)
                memory.Reached(group.Channel, position);
        }
    }

    private async Task ResolveAndDeliverAsync(List<ChannelBatch> groups, LaneMemory memory)
    {
        var asked = groups.FindAll(group => group.Channel.Kind is not ChannelKind.All);
        foreach (var everyone in groups.Where(group => group.Channel.Kind is ChannelKind.All))
            Deliver(everyone, links.Everyone(), SlowReaderPolicy.Unspecified, memory);
        if (asked.Count == 0)
            return;

        var spans = asked.Select(group => Trace("resolve", group)).ToList();
        try
        {
            // 4: one round trip for all channels of the batch.
            var answers = await resolver.ResolveAsync(asked.ConvertAll(group => group.Channel));
            spans.ForEach(static some => some?.ForEach(static span => span.Dispose()));
            for (var i = 0; i < asked.Count; i++)
                await DeliverAsync(asked[i], answers[i], memory);
        }
        catch (UpstreamAwayException away)
        {
            spans.ForEach(static some => some?.ForEach(static span => span.Dispose()));
            foreach (var group in asked)
                DoWithoutController(group, away, memory);
        }
    }

    private async Task DeliverAsync(ChannelBatch group, ChannelNodes answer, LaneMemory memory)
    {
        if (group.Channel.Kind is ChannelKind.Room && !answer.RoomExists)
        {
            // Deleted between the append and now: then nobody is left who could have got it.
            group.Refuse(StatusCode.NotFound, _ => NoRoom(group.Channel));
        }
        else if (group.Appended is null && group.Channel.Kind is ChannelKind.Room && answer.Log is not { Off: true } && !log.IsAlwaysOff(group.Channel))
        {
            // We took the log for off, and it is on again. Where Redis is away, that refuses the pushes.
            memory.HasLog(group.Channel);
            await DoAsync(group.Pushes, memory);
        }
        else
        {
            Deliver(group, answer.Nodes, slowReaders.Of(group.Channel, answer.SlowReaders), memory);
        }
    }

    /// <summary>5: to the links, in the order of the log.</summary>
    private void Deliver(ChannelBatch group, IReadOnlyList<NodeIdentity> nodes, SlowReaderPolicy policy, LaneMemory memory)
    {
        if (!group.IsLogged)
            memory.IsWithoutLog(group.Channel, nodes);

        for (var i = 0; i < group.Pushes.Count; i++)
        {
            var push = group.Pushes[i];
            if (group.IsDuplicate(i))
            {
                // Whoever accepted it may have died before it told the nodes.
                TellAgain(push, nodes, memory);
                push.Complete(new LaneAnswer(null, true, null));
            }
            else
            {
                push.Complete(new LaneAnswer(null, false, links.Deliver(push.Message, nodes, policy, push.Trace)));
            }
        }
    }

    private void TellAgain(PendingPush push, IReadOnlyList<NodeIdentity> nodes, LaneMemory memory)
    {
        var position = ChannelPosition.From(push.Message.Position);
        var end = memory.EndOf(push.Channel);
        if (position.IsLogged && (!end.IsLogged || end.Epoch == position.Epoch))
            links.Tell(new Gap { Channel = push.Channel.Text, Until = push.Message.Position }, nodes);
    }

    private void DoWithoutController(ChannelBatch group, UpstreamAwayException away, LaneMemory memory)
    {
        if (group.IsLogged)
        {
            if (memory.EndOf(group.Channel) is { IsLogged: true } end)
                memory.Owed[group.Channel] = end;
            group.Refuse(StatusCode.Unavailable, push =>
                $"{away.Message}. The message is stored at offset {push.Message.Position?.Offset ?? 0} and is delivered when a controller answers; " +
                $"try again with message_id {push.Message.MessageId} to hear of it.");
        }
        else if (memory.IsLogOff(group.Channel))
        {
            Deliver(group, memory.LastNodesOf(group.Channel), SlowReaderPolicy.Unspecified, memory);
        }
        else
        {
            group.Refuse(StatusCode.Unavailable, _ => $"{away.Message}, so the message was not sent. Try again later.");
        }
    }

    /// <summary>What is in the log and could not be told to the nodes when it came.</summary>
    private async Task TellOwedAsync(LaneMemory memory)
    {
        if (memory.Owed.Count == 0 || resolver.IsAway)
            return;

        var owed = memory.Owed.ToList();
        try
        {
            var answers = await resolver.ResolveAsync(owed.ConvertAll(one => one.Key));
            for (var i = 0; i < owed.Count; i++)
                links.Tell(new Gap { Channel = owed[i].Key.Text, Until = owed[i].Value.ToProto() }, answers[i].Nodes);
            memory.Owed.Clear();
        }
        catch (UpstreamAwayException)
        {
            // It went again. Its return wakes the lane again.
        }
    }

    /// <summary>Taken for, because a room's setting may have changed since; the controller's answer tells.</summary>
    private bool IsTakenForOff(ChannelId channel, LaneMemory memory) => log.IsAlwaysOff(channel) || memory.IsLogOff(channel);

    private static string NoRoom(ChannelId channel) =>
        $"room_id: room '{channel.Id}' does not exist. Create it (ControllerService.CreateRoom) or let a user join it first.";

    private static List<Activity>? Trace(string step, ChannelBatch group)
    {
        if (!PushSpans.AreOn)
            return null;
        var spans = new List<Activity>();
        foreach (var push in group.Pushes)
        {
            if (push.Trace != default && PushSpans.Start(step, push.Trace, group.Channel.Text) is { } span)
                spans.Add(span);
        }

        Activity.Current = null;
        return spans;
    }
}
