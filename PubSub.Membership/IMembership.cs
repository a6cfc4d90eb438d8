namespace PubSub.Membership;

/// <summary>Who lives, of one kind. From etcd in a service, from memory in a unit test.</summary>
public interface IMembership
{
    MembershipSnapshot Current { get; }

    /// <summary>
    /// The current snapshot at once, then each newer one. A slow reader skips those in between and always gets the
    /// latest; <see cref="MembershipSnapshot.ChangesSince"/> tells what to do.
    /// </summary>
    IAsyncEnumerable<MembershipSnapshot> FollowAsync(CancellationToken cancellationToken);

    /// <summary>The first snapshot, from the current one on, of which the condition is true.</summary>
    Task<MembershipSnapshot> WaitForAsync(Func<MembershipSnapshot, bool> condition, CancellationToken cancellationToken);
}
