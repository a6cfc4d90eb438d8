using Etcdserverpb;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Mvccpb;

namespace PubSub.Membership;

/// <summary>
/// Follows all processes of one kind. Each contact with etcd is the same two steps: load the folder, then watch it
/// from the next revision on. So a lost connection, a compaction and an etcd that lost its data need no cases of their
/// own. While etcd is away the last snapshot stands: links and sessions that work go on working.
/// </summary>
internal sealed partial class ServiceWatch(
    ServiceKind kind, EtcdRegistry registry, EtcdOptions options, TimeProvider time, ILogger<ServiceWatch> logger)
    : BackgroundService, IMembership
{
    private readonly Latest<MembershipSnapshot> _latest = new(MembershipSnapshot.Unknown(kind));
    private readonly InstanceLedger _ledger = new(kind, options.LeaseTtl, time);
    private readonly Backoff _backoff = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1), time);
    private bool _awayIsLogged;

    public MembershipSnapshot Current => _latest.Value;

    public IAsyncEnumerable<MembershipSnapshot> FollowAsync(CancellationToken cancellationToken) =>
        _latest.FollowAsync(cancellationToken);

    public Task<MembershipSnapshot> WaitForAsync(Func<MembershipSnapshot, bool> condition, CancellationToken cancellationToken) =>
        _latest.WaitForAsync(condition, cancellationToken);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ContactAsync(stoppingToken);
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                // Not only OperationCanceledException: a cancelled stream may also report that it was aborted.
                return;
            }
            catch (Exception lost)
            {
                LoseSight(lost);
            }

            await _backoff.PauseAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>From one load to the end of its watch. Returns when etcd asks for a new load, throws when etcd is lost.</summary>
    private async Task ContactAsync(CancellationToken stoppingToken)
    {
        var (entries, revision) = await registry.LoadAsync(kind, stoppingToken);

        using var watch = registry.OpenWatch(stoppingToken);
        var responses = watch.ResponseStream;
        using (var limit = new TimeLimit(options.Timeout, time, stoppingToken))
        {
            await watch.RequestStream.WriteAsync(registry.WatchFrom(kind, revision + 1), limit.Token);
            if (await ReadAsync(responses, limit.Token) is { Canceled: true } refused)
                throw new RpcException(new Status(StatusCode.PermissionDenied, $"etcd refused the watch: {refused.CancelReason}"));
        }

        _ledger.Load([.. entries.Select(Parse).OfType<ServiceInstance>()], revision);
        GainSight();

        while (true)
        {
            var next = ReadAsync(responses, stoppingToken);
            while (!next.IsCompleted && _ledger.UntilNextDrop is { } wait)
            {
                await Task.WhenAny(next, Delay(wait, stoppingToken));
                DropMissing();
            }

            var response = await next;
            if (response.Canceled)
            {
                LogReload(kind, response.CompactRevision, response.CancelReason);
                return;
            }

            Apply(response);
        }
    }

    private static async Task<WatchResponse> ReadAsync(IAsyncStreamReader<WatchResponse> responses, CancellationToken cancellationToken) =>
        await responses.MoveNext(cancellationToken)
            ? responses.Current
            : throw new RpcException(new Status(StatusCode.Unavailable, "etcd ended the watch."));

    private Task Delay(TimeSpan wait, CancellationToken cancellationToken) =>
        Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, time, cancellationToken);

    private void Apply(WatchResponse response)
    {
        foreach (var change in response.Events)
        {
            if (change.Type == Event.Types.EventType.Put)
            {
                Put(change.Kv);
            }
            else
            {
                Remove(change.Kv);
            }
        }

        Publish();
    }

    private void Put(KeyValue entry)
    {
        if (Parse(entry) is not { } instance)
            return;

        var known = _ledger.Snapshot.Find(instance.Id);
        if (known?.Incarnation != instance.Incarnation)
            LogJoined(kind, instance.Id, instance.Address, instance.Incarnation);

        _ledger.Put(instance);
    }

    private void Remove(KeyValue entry)
    {
        if (registry.Keys.IdOf(kind, entry.Key.ToStringUtf8()) is { } id && _ledger.Snapshot.Find(id) is { } known)
        {
            LogLeft(kind, id, known.Incarnation);
            _ledger.Remove(id, entry.ModRevision);
        }
    }

    private ServiceInstance? Parse(KeyValue entry)
    {
        var key = entry.Key.ToStringUtf8();
        if (registry.Keys.IdOf(kind, key) is not { } id)
            return null;

        if (ServiceInstance.TryParse(entry.Value.Span) is { } instance && instance.Id == id)
            return instance with { Revision = entry.ModRevision };

        LogUnreadable(key);
        return null;
    }

    private void GainSight()
    {
        _backoff.Reset();
        _awayIsLogged = false;
        if (_latest.Value.State != MembershipState.Following)
            LogFollowing(kind, _ledger.Snapshot.Instances.Count, _ledger.Snapshot.Revision);

        Publish();
    }

    private void LoseSight(Exception reason)
    {
        _ledger.LoseSight();
        if (!_awayIsLogged)
        {
            _awayIsLogged = true;
            LogAway(kind, options.Endpoints, _ledger.Snapshot.Instances.Count, EtcdError.Describe(reason));
        }

        Publish();
    }

    private void DropMissing()
    {
        var dropped = _ledger.DropMissing();
        foreach (var instance in dropped)
            LogDropped(kind, instance.Id, options.LeaseSeconds);

        if (dropped.Count > 0)
            Publish();
    }

    private void Publish()
    {
        if (!ReferenceEquals(_latest.Value, _ledger.Snapshot))
            _latest.Set(_ledger.Snapshot);
    }
}
