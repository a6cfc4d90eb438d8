using System.Collections.Immutable;

namespace PubSub.Membership;

public enum MembershipState
{
    /// <summary>etcd has not been heard since the start: who lives is not known.</summary>
    Unknown,

    /// <summary>Up to date.</summary>
    Following,

    /// <summary>etcd does not answer: this is who lived when it last did.</summary>
    Away,
}

/// <summary>Who lives, of one kind, at one moment. Immutable; a later one replaces it.</summary>
public sealed class MembershipSnapshot
{
    private MembershipSnapshot(ServiceKind kind, MembershipState state, ImmutableDictionary<string, ServiceInstance> instances, long revision)
    {
        Kind = kind;
        State = state;
        Instances = instances;
        Revision = revision;
    }

    public ServiceKind Kind { get; }

    public MembershipState State { get; }

    /// <summary>By id.</summary>
    public ImmutableDictionary<string, ServiceInstance> Instances { get; }

    /// <summary>etcd's revision that this shows. An etcd that lost its data begins anew at 1.</summary>
    public long Revision { get; }

    public static MembershipSnapshot Unknown(ServiceKind kind) =>
        new(kind, MembershipState.Unknown, ImmutableDictionary<string, ServiceInstance>.Empty.WithComparers(StringComparer.Ordinal), 0);

    public ServiceInstance? Find(string id) => Instances.GetValueOrDefault(id);

    /// <summary>What a consumer that has acted on an earlier snapshot must do now.</summary>
    public MembershipChanges ChangesSince(MembershipSnapshot earlier) => new(
        Joined: [.. Instances.Values.Where(instance => !earlier.Instances.ContainsKey(instance.Id))],
        Changed: [.. Instances.Values.Where(instance => earlier.Find(instance.Id) is { } known && known != instance)],
        Left: [.. earlier.Instances.Values.Where(instance => !Instances.ContainsKey(instance.Id))]);

    internal MembershipSnapshot With(MembershipState state) => new(Kind, state, Instances, Revision);

    internal MembershipSnapshot With(ImmutableDictionary<string, ServiceInstance> instances, long revision) =>
        new(Kind, State, instances, revision);
}

/// <param name="Joined">Ids that were not there.</param>
/// <param name="Changed">Ids that were there, with another incarnation, address or registration.</param>
/// <param name="Left">Ids that are gone, as they were last known.</param>
public sealed record MembershipChanges(
    ImmutableArray<ServiceInstance> Joined, ImmutableArray<ServiceInstance> Changed, ImmutableArray<ServiceInstance> Left)
{
    public bool None => Joined.IsEmpty && Changed.IsEmpty && Left.IsEmpty;
}
