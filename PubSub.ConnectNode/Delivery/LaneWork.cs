using PubSub.ConnectNode.Channels;
using PubSub.Protocol;

namespace PubSub.ConnectNode.Delivery;

/// <summary>Learns that a delivery was handed to the outboxes.</summary>
internal interface IDeliveryReceipt
{
    void Complete(long sequence, int sessions);
}

/// <summary>One entry of a lane's queue: a message, a gap, or a command of this node.</summary>
internal readonly record struct LaneWork(
    object Subject, string TraceParent = "", IDeliveryReceipt? Receipt = null, long Sequence = 0,
    SlowReaderPolicy SlowReaders = SlowReaderPolicy.Unspecified)
{
    public ChannelMessage Message => (ChannelMessage)Subject;

    public void Complete(int sessions) => Receipt?.Complete(Sequence, sessions);
}

/// <summary>What sessions and repairs ask of a lane; it runs on the lane, in order with the deliveries.</summary>
internal abstract record LaneCommand
{
    /// <summary>A session is on its way in: keep what arrives from now on.</summary>
    public sealed record BeginJoin(Subscription Subscription) : LaneCommand;

    /// <summary>The controller has the node in the channel's routing.</summary>
    public sealed record Activate(Subscription Subscription) : LaneCommand;

    /// <summary>The session left, or never came in. Nothing is delivered to it once this is done.</summary>
    public sealed record Remove(Subscription Subscription, Action? Done = null) : LaneCommand;

    public sealed record Settle(string Channel, LogSlice? Slice, Exception? Error) : LaneCommand;

    public sealed record Repaired(string Channel, LogSlice? Slice) : LaneCommand;

    /// <summary>What sessions that catch up asked for.</summary>
    public sealed record PageRead(string Channel, Resume Resume, LogPage Page, LogSlice? Slice, Exception? Error) : LaneCommand;

    /// <summary>The session took what it was given and can have more of what it missed.</summary>
    public sealed record GoOn(Subscription Subscription) : LaneCommand;

    /// <summary>Time has come for what waits.</summary>
    public sealed record Tick : LaneCommand
    {
        public static Tick Instance { get; } = new();
    }

    /// <summary>This node was out of the routing for a while: look whether something was missed.</summary>
    public sealed record RecheckAll : LaneCommand
    {
        public static RecheckAll Instance { get; } = new();
    }
}
