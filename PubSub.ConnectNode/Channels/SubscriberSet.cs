using System.Runtime.InteropServices;

namespace PubSub.ConnectNode.Channels;

/// <summary>
/// The live subscriptions of a channel. Only the channel's lane touches it, so there is neither a lock nor a copy: a
/// join or a leave costs the same in a room of ten and of ten thousand.
/// </summary>
internal sealed class SubscriberSet
{
    // A user's channel mostly has one. Without a list there is less to keep, and less to fetch before each send.
    private Subscription? _only;
    private List<Subscription>? _members;

    public int Count => _members?.Count ?? (_only is null ? 0 : 1);

    /// <summary>How many of them get JSON; the others get Protobuf.</summary>
    public int JsonCount { get; private set; }

    public ReadOnlySpan<Subscription> Members =>
        _only is not null ? new ReadOnlySpan<Subscription>(in _only) : CollectionsMarshal.AsSpan(_members);

    public void Add(Subscription subscription)
    {
        if (subscription.Index >= 0)
            return;
        subscription.Index = Count;
        if (_only is null && _members is null)
        {
            _only = subscription;
        }
        else
        {
            _members ??= [_only!];
            _members.Add(subscription);
            _only = null;
        }

        JsonCount += subscription.IsJson ? 1 : 0;
    }

    public bool Remove(Subscription subscription)
    {
        var index = subscription.Index;
        if (index < 0)
            return false;

        if (_members is null)
            _only = null;
        else
            RemoveAt(_members, index);
        subscription.Index = -1;
        JsonCount -= subscription.IsJson ? 1 : 0;
        return true;
    }

    private static void RemoveAt(List<Subscription> members, int index)
    {
        // The last one takes the free place.
        var last = members[^1];
        members[index] = last;
        last.Index = index;
        members.RemoveAt(members.Count - 1);
    }
}
