using dotnet_etcd;
using Etcdserverpb;
using Google.Protobuf;
using Grpc.Core;
using Mvccpb;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Wire.Etcd;

[Collection(SharedEtcd.Name)]
public sealed class EtcdLeasesEndUnlessTheyAreKept(EtcdFixture fixture) : IDisposable
{
    private const long Gone = 4_711_000_000_000;

    private readonly EtcdClient _client = new(fixture.Etcd.Endpoint);
    private readonly string _prefix = fixture.NewPrefix();
    private readonly CancellationTokenSource _stop = new();

    [Fact]
    public async Task A_lease_knows_its_time_and_its_keys()
    {
        var lease = await GrantAsync(60);
        await PutAsync("a", lease);

        var answer = await _client.LeaseTimeToLiveAsync(new LeaseTimeToLiveRequest { ID = lease, Keys = true });

        Assert.Equal(60, answer.GrantedTTL);
        Assert.InRange(answer.TTL, 50, 60);
        Assert.Equal(_prefix + "a", Assert.Single(answer.Keys).ToStringUtf8());
    }

    [Fact]
    public async Task Revoking_a_lease_deletes_its_keys()
    {
        var lease = (await _client.LeaseGrantAsync(new LeaseGrantRequest { TTL = 60 })).ID;
        await PutAsync("a", lease);

        _client.LeaseRevoke(new LeaseRevokeRequest { ID = lease });

        Assert.Empty((await _client.GetAsync(_prefix + "a")).Kvs);
        Assert.Equal(-1, _client.LeaseTimeToLive(new LeaseTimeToLiveRequest { ID = lease }).TTL);
    }

    [Fact]
    public async Task A_watch_sees_the_key_go_when_nobody_keeps_the_lease()
    {
        var log = new WatchLog();
        await _client.WatchRangeAsync(_prefix, log.Add);
        var lease = await GrantAsync(1);
        await PutAsync("a", lease);

        await log.ForEventsAsync(2);

        Assert.Equal([Event.Types.EventType.Put, Event.Types.EventType.Delete], log.Events.Select(change => change.Type));
    }

    [Fact]
    public async Task A_kept_lease_outlives_its_time()
    {
        // etcd stretches so short a lease to two seconds; the twin that nobody keeps shows when that is over.
        var kept = await GrantAsync(1);
        var twin = await GrantAsync(1);
        await PutAsync("kept", kept);
        await PutAsync("twin", twin);
        var log = new WatchLog();
        await _client.WatchRangeAsync(_prefix, log.Add);
        var keeping = _client.LeaseKeepAlive(kept, _stop.Token);

        await log.ForAsync(_prefix + "twin");
        await PutAsync("twin", await GrantAsync(1));
        await log.ForEventsAsync(3);

        Assert.Equal([_prefix + "twin"], log.Keys.Distinct());
        Assert.False(keeping.IsCompleted);
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => keeping);
    }

    [Fact]
    public async Task The_keeper_returns_when_the_lease_is_gone()
    {
        var lease = await GrantAsync(2);
        var keeping = _client.LeaseKeepAlive(lease, CancellationToken.None);
        await _client.LeaseRevokeAsync(new LeaseRevokeRequest { ID = lease });

        await Wait.ForAsync(keeping, "the keeper to notice");
        await Wait.ForAsync(_client.LeaseKeepAlive(Gone, CancellationToken.None), "a keeper of no lease to return");
    }

    [Fact]
    public async Task The_keeper_with_a_source_cancels_it_when_the_lease_is_gone()
    {
        using var source = new CancellationTokenSource();
        var lease = await GrantAsync(60);
        var keeping = _client.LeaseKeepAlive(source, lease, keepAliveTimeout: 20, communicationTimeout: 5000);
        await _client.LeaseRevokeAsync(new LeaseRevokeRequest { ID = lease });

        await Wait.ForAsync(keeping, "the keeper to notice");

        Assert.True(source.IsCancellationRequested);
    }

    [Fact]
    public async Task One_beat_for_several_leases_answers_for_each()
    {
        var lease = await GrantAsync(60);
        var answers = new List<LeaseKeepAliveResponse>();

        await _client.LeaseKeepAlive(
            [new LeaseKeepAliveRequest { ID = lease }, new LeaseKeepAliveRequest { ID = Gone }], answers.Add, CancellationToken.None);

        Assert.Equal([(lease, 60), (Gone, 0)], answers.Select(answer => (answer.ID, answer.TTL)));
    }

    [Fact]
    public async Task A_key_cannot_be_put_under_a_lease_that_is_gone()
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => PutAsync("a", Gone));

        Assert.Equal(StatusCode.NotFound, refused.StatusCode);
        Assert.Contains("lease not found", refused.Status.Detail, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _stop.Dispose();
        _client.Dispose();
    }

    private async Task<long> GrantAsync(long seconds) => (await _client.LeaseGrantAsync(new LeaseGrantRequest { TTL = seconds })).ID;

    private async Task PutAsync(string key, long lease) => await _client.PutAsync(new PutRequest
    {
        Key = ByteString.CopyFromUtf8(_prefix + key),
        Value = ByteString.CopyFromUtf8("value"),
        Lease = lease,
    });
}
