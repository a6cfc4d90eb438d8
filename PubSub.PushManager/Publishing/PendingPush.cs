using System.Diagnostics;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.PushManager.Links;

namespace PubSub.PushManager.Publishing;

/// <summary>One push on its way through a lane. The lane answers it exactly once.</summary>
internal sealed class PendingPush(ChannelId channel, ChannelMessage message, bool isIdempotent, bool isJob, string receiptsTo)
{
    // The publisher must not run on the lane's thread: everybody behind it would wait for it.
    private readonly TaskCompletionSource<LaneAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ChannelId Channel { get; } = channel;

    public ChannelMessage Message { get; } = message;

    public bool IsIdempotent { get; } = isIdempotent;

    /// <summary>Its id is kept until the push log is committed.</summary>
    public bool IsJob { get; } = isJob;

    /// <summary>The feed that its receipts go to; empty: nobody asked.</summary>
    public string ReceiptsTo { get; } = receiptsTo;

    /// <summary>Where it was accepted before, as far as the publisher knows.</summary>
    public ChannelPosition Published { get; init; }

    /// <summary>The publisher's span, so that ours become its children.</summary>
    public ActivityContext Trace { get; } = Activity.Current?.Context ?? default;

    public Task<LaneAnswer> Answer => _answer.Task;

    public void Complete(LaneAnswer answer) => _answer.TrySetResult(answer);
}

/// <param name="Refusal">Why the push went no further; null where it was accepted.</param>
/// <param name="IsDuplicate">It was accepted before.</param>
/// <param name="Receipt">The nodes that were given the message; null where there are none.</param>
internal readonly record struct LaneAnswer(PublishOutcome? Refusal, bool IsDuplicate, PushReceipt? Receipt);
