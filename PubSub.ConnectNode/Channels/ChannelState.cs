using PubSub.ConnectNode.Delivery;
using PubSub.Protocol;
using PubSub.Protocol.Channels;

namespace PubSub.ConnectNode.Channels;

/// <summary>One channel on this node. Owned by its lane.</summary>
internal sealed class ChannelState(ChannelId channel)
{
    private const int MostHeld = 10_000;

    // There are as many channels as users, and most of them never need these.
    private List<Subscription>? _waiting;
    private SortedList<(long Epoch, long Offset), ChannelMessage>? _held;

    public ChannelId Channel => channel;

    public SubscriberSet Subscribers { get; } = new();

    /// <summary>Subscriptions that are on their way in.</summary>
    public int Joining { get; set; }

    /// <summary>Of the newest message handed to the subscribers; valid once settled.</summary>
    public ChannelPosition Position { get; set; }

    /// <summary>Whether the log's end was read after this node came into the channel's routing.</summary>
    public bool IsSettled { get; set; }

    public bool IsSettling { get; set; }

    /// <summary>Messages that came before it was settled, or ahead of one that is missing; by position.</summary>
    public IEnumerable<KeyValuePair<(long Epoch, long Offset), ChannelMessage>> Held => _held ?? [];

    public int HeldCount => _held?.Count ?? 0;

    /// <summary>What becomes of messages that wait for a slow reader; each delivery of a push manager says it.</summary>
    public SlowReaderPolicy SlowReaders { get; set; } = SlowReaderPolicy.Disconnect;

    /// <summary>Sessions that catch up; null where nobody does.</summary>
    public Resume? Resume { get; set; }

    public bool IsRepairing { get; set; }

    /// <summary>A repair is due whatever is held: one failed, or there was no room to hold more.</summary>
    public bool MustRepair { get; set; }

    /// <summary>In order, to be fanned out at the end of the lane's turn; the lane's, and here only while there are some.</summary>
    public List<LaneWork>? Pending { get; set; }

    public bool IsUnused => Subscribers.Count == 0 && Joining == 0 && _waiting is null && Resume is not { HasSessions: true };

    public bool IsNews(ChannelPosition position) =>
        position.Epoch > Position.Epoch || (position.Epoch == Position.Epoch && position.Offset > Position.Offset);

    public bool IsNext(ChannelPosition position) => position.Epoch == Position.Epoch
        ? position.Offset == Position.Offset + 1
        : position.Epoch > Position.Epoch && position.Offset == 1;

    public void Hold(ChannelMessage message, ChannelPosition position)
    {
        // Beyond the bound the log has it, and the repair goes on until it is there.
        if (HeldCount < MostHeld)
            (_held ??= []).TryAdd((position.Epoch, position.Offset), message);
        else
            MustRepair = true;
    }

    /// <summary>Forgets the first so many that are held.</summary>
    public void DropHeld(int count)
    {
        if (count == HeldCount)
        {
            _held = null;
            return;
        }

        for (; count > 0; count--)
            _held!.RemoveAt(0);
    }

    /// <summary>Accepted by the controller, and waits for the channel to settle.</summary>
    public void Wait(Subscription subscription) => (_waiting ??= []).Add(subscription);

    public bool StopWaiting(Subscription subscription)
    {
        if (_waiting?.Remove(subscription) != true)
            return false;
        if (_waiting.Count == 0)
            _waiting = null;
        return true;
    }

    public Subscription[] WaitingNow() => _waiting?.ToArray() ?? [];
}
