using System.Runtime.InteropServices;

namespace PubSub.ConnectNode.Channels;

/// <summary>
/// The live subscriptions of a channel. Only the channel's lane touches it, so there is neither a lock nor a copy: a
/// join or a leave costs the same in a room of ten and of ten thousand.
/// </summary>
internal sealed class SubscriberSet
{
    private readonly List<Subscription> _members = [];

    public int Count => _members.Count;

    /// <summary>How many of them get JSON; the others get Protobuf.</summary>
    public int JsonCount { get; private set; }

    public ReadOnlySpan<Subscription> Members => CollectionsMarshal.AsSpan(_members);

    public void Add(Subscription subscription)
    {
        if (subscription.Index >= 0)
            return;
        subscription.Index = _members.Count;
        _members.Add(subscription);
        JsonCount += subscription.IsJson ? 1 : 0;
    }

    public bool Remove(Subscription subscription)
    {
        var index = subscription.Index;
        if (index < 0)
            return false;

        // The last one takes the free place.
        var last = _members[^1];
        _members[index] = last;
        last.Index = index;
        _members.RemoveAt(_members.Count - 1);
        subscription.Index = -1;
        JsonCount -= subscription.IsJson ? 1 : 0;
        return true;
    }
}
