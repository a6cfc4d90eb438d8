using System.Globalization;

namespace PubSub.Membership;

/// <summary>Membership without etcd: instances come and go by calls. For unit tests and benchmarks of what follows one.</summary>
public sealed class MemoryMembership(ServiceKind kind) : IMembership
{
    private readonly Latest<MembershipSnapshot> _latest = new(MembershipSnapshot.Unknown(kind).With(MembershipState.Following));
    private readonly Lock _writing = new();
    private long _incarnation;

    public MembershipSnapshot Current => _latest.Value;

    /// <summary>A start of this id: whatever the incarnation given, the entry gets one that no start had before.</summary>
    public ServiceInstance Join(ServiceInstance instance)
    {
        lock (_writing)
        {
            var revision = Current.Revision + 1;
            var joined = instance with { Incarnation = ++_incarnation, Revision = revision };
            _latest.Set(Current.With(Current.Instances.SetItem(joined.Id, joined), revision));
            return joined;
        }
    }

    public ServiceInstance Join(string id, string address = "localhost", int grpcPort = 0) => Join(new ServiceInstance
    {
        Id = id,
        Address = address,
        GrpcPort = grpcPort,
        StartedAt = DateTimeOffset.Parse("2026-01-01T00:00:00Z", CultureInfo.InvariantCulture),
    });

    public void Leave(string id)
    {
        lock (_writing)
        {
            _latest.Set(Current.With(Current.Instances.Remove(id), Current.Revision + 1));
        }
    }

    /// <summary>As when etcd goes away and comes back: the instances stay.</summary>
    public void SetState(MembershipState state)
    {
        lock (_writing)
        {
            _latest.Set(Current.With(state));
        }
    }

    public IAsyncEnumerable<MembershipSnapshot> FollowAsync(CancellationToken cancellationToken) =>
        _latest.FollowAsync(cancellationToken);

    public Task<MembershipSnapshot> WaitForAsync(Func<MembershipSnapshot, bool> condition, CancellationToken cancellationToken) =>
        _latest.WaitForAsync(condition, cancellationToken);
}
