using System.Collections.Immutable;

namespace PubSub.Membership;

/// <summary>
/// Turns what etcd says into snapshots. The one rule beyond writing it down: whoever vanished while we did not watch
/// is kept for a grace of one lease TTL, whoever vanishes before our eyes is gone at once.
///
/// After an outage longer than the TTL every lease may have ended although every process lives; each registers again
/// as soon as it reaches etcd, which takes some of them longer than us. To believe the first answer would drop all
/// links and evict every session at the moment when the cluster recovers. The price: a process that really died
/// during the outage is dropped one TTL late.
/// </summary>
internal sealed class InstanceLedger(ServiceKind kind, TimeSpan grace, TimeProvider time)
{
    private readonly Dictionary<string, long> _missingSince = new(StringComparer.Ordinal);

    public MembershipSnapshot Snapshot { get; private set; } = MembershipSnapshot.Unknown(kind);

    /// <summary>How long until <see cref="DropMissing"/> has something to do; null for never.</summary>
    public TimeSpan? UntilNextDrop => _missingSince.Count == 0
        ? null
        : _missingSince.Values.Select(Remaining).Min();

    public void Load(IReadOnlyCollection<ServiceInstance> found, long revision)
    {
        var instances = found.ToImmutableDictionary(instance => instance.Id, StringComparer.Ordinal);
        foreach (var present in instances.Keys)
            _missingSince.Remove(present);

        foreach (var missing in Snapshot.Instances.Values.Where(known => !instances.ContainsKey(known.Id)))
        {
            instances = instances.Add(missing.Id, missing);
            _missingSince.TryAdd(missing.Id, time.GetTimestamp());
        }

        Snapshot = Snapshot.With(instances, revision).With(MembershipState.Following);
    }

    public void Put(ServiceInstance instance)
    {
        _missingSince.Remove(instance.Id);
        Snapshot = Snapshot.With(Snapshot.Instances.SetItem(instance.Id, instance), instance.Revision);
    }

    public void Remove(string id, long revision)
    {
        _missingSince.Remove(id);
        Snapshot = Snapshot.With(Snapshot.Instances.Remove(id), revision);
    }

    /// <summary>etcd is away: nobody leaves until it is back, and then a new grace begins.</summary>
    public void LoseSight()
    {
        _missingSince.Clear();
        if (Snapshot.State == MembershipState.Following)
            Snapshot = Snapshot.With(MembershipState.Away);
    }

    /// <summary>Removes those whose grace is over.</summary>
    public IReadOnlyList<ServiceInstance> DropMissing()
    {
        var over = _missingSince.Where(entry => Remaining(entry.Value) <= TimeSpan.Zero).Select(entry => entry.Key).ToArray();
        var dropped = over.Select(id => Snapshot.Instances[id]).ToArray();
        foreach (var id in over)
            Remove(id, Snapshot.Revision);

        return dropped;
    }

    private TimeSpan Remaining(long since) => grace - time.GetElapsedTime(since);
}
