using Grpc.Core;
using PubSub.Protocol.Channels;
using PubSub.PushManager.Log;

namespace PubSub.PushManager.Publishing;

/// <summary>The pushes of one channel in one batch of its lane, in order.</summary>
internal sealed class ChannelBatch(ChannelId channel)
{
    public ChannelId Channel { get; } = channel;

    public List<PendingPush> Pushes { get; } = [];

    /// <summary>What the log said; null where it was not asked, because the channel had no log last time.</summary>
    public LogAppend? Appended { get; set; }

    public bool IsLogged => Appended is { Verdict: LogVerdict.Logged };

    /// <summary>Every push has its answer: nothing more to do here.</summary>
    public bool IsRefused { get; private set; }

    public bool NeedsIds => Pushes.Exists(push => push.IsIdempotent);

    public bool IsDuplicate(int index) => Appended is { } appended && appended.Places[index].IsDuplicate;

    public void Refuse(StatusCode code, Func<PendingPush, string> error)
    {
        IsRefused = true;
        foreach (var push in Pushes)
            push.Complete(new LaneAnswer(PublishOutcome.Refused(code, error(push)), false, null));
    }

    public static List<ChannelBatch> Group(List<PendingPush> pushes)
    {
        // Mostly one or two channels: a scan is quicker than a dictionary, and the list keeps the order.
        var groups = new List<ChannelBatch>();
        var byChannel = pushes.Count > 8 ? new Dictionary<ChannelId, ChannelBatch>() : null;
        foreach (var push in pushes)
        {
            var group = byChannel is null
                ? groups.Find(one => one.Channel == push.Channel)
                : byChannel.GetValueOrDefault(push.Channel);
            if (group is null)
            {
                groups.Add(group = new ChannelBatch(push.Channel));
                byChannel?.Add(push.Channel, group);
            }

            group.Pushes.Add(push);
        }

        return groups;
    }
}
