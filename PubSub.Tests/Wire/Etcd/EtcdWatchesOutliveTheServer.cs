using dotnet_etcd;
using Etcdserverpb;
using Google.Protobuf;
using Grpc.Core;
using Mvccpb;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Wire.Etcd;

/// <summary>kill -9 and restart of etcd under running watches and leases.</summary>
public sealed class EtcdWatchesOutliveTheServer : IAsyncLifetime
{
    private const string Prefix = "/outlive/";

    private EtcdProcess _etcd = null!;
    private EtcdClient _client = null!;

    public async Task InitializeAsync()
    {
        _etcd = await EtcdProcess.StartAsync();
        _client = EtcdClientWithoutRetries.Create(_etcd.Endpoint);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _etcd.DisposeAsync();
    }

    [Fact]
    public async Task Nothing_is_missed_and_no_event_comes_twice()
    {
        var log = new WatchLog();
        await _client.WatchRangeAsync(Prefix, log.Add);
        using var writer = new PatientWriter(_etcd.Endpoint, Prefix);
        using var stop = new CancellationTokenSource();
        var writing = writer.WriteUntilAsync(stop.Token);

        for (var kill = 1; kill <= 3; kill++)
        {
            await writer.ForAsync(50);
            _etcd.Kill();
            await _etcd.RestartAsync();
            await writer.ForAsync(50);
        }

        await stop.CancelAsync();
        await writing;
        await log.ForAsync(writer.Key(writer.Written - 1));

        Assert.Equal(writer.Keys, log.Keys);
        Assert.Equal(4, log.Acknowledgements);
    }

    [Fact]
    public async Task A_client_with_the_packages_own_settings_resumes_too()
    {
        using var client = new EtcdClient(_etcd.Endpoint);
        var log = new WatchLog();
        await client.WatchRangeAsync(Prefix, log.Add);
        await _client.PutAsync(Prefix + "1", "x");
        _etcd.Kill();
        await _etcd.RestartAsync();
        await _client.PutAsync(Prefix + "2", "x");

        await log.ForAsync(Prefix + "2");

        Assert.Equal([Prefix + "1", Prefix + "2"], log.Keys);
    }

    [Fact]
    public async Task A_watch_that_is_behind_goes_on_where_it_was_and_not_at_the_newest()
    {
        var start = (await _client.PutAsync(Prefix + "first", "x")).Header.Revision;
        var log = new WatchLog();
        await _client.WatchAsync(
            new WatchRequest
            {
                CreateRequest = new WatchCreateRequest
                {
                    Key = ByteString.CopyFromUtf8(Prefix),
                    RangeEnd = ByteString.CopyFromUtf8(EtcdClient.GetRangeEnd(Prefix)),
                    StartRevision = start + 2,
                },
            },
            log.Add);
        _etcd.Kill();
        await _etcd.RestartAsync();
        await _client.PutAsync(Prefix + "second", "x");
        await _client.PutAsync(Prefix + "third", "x");

        await log.ForAsync(Prefix + "third");

        Assert.Equal([Prefix + "third"], log.Keys);
    }

    [Fact]
    public async Task A_watch_that_is_asked_for_while_etcd_is_away_is_refused_and_not_forgotten_by_mistake()
    {
        var log = new WatchLog();
        await _client.WatchRangeAsync(Prefix, log.Add);
        _etcd.Kill();

        var refused = await Assert.ThrowsAsync<RpcException>(() => _client.WatchRangeAsync("/other/", _ => { }));
        await _etcd.RestartAsync();
        await _client.PutAsync(Prefix + "a", "x");
        await log.ForAsync(Prefix + "a");

        Assert.Equal(StatusCode.Unavailable, refused.StatusCode);
    }

    [Fact]
    public async Task A_lease_lives_on_and_its_keeper_says_that_the_connection_broke()
    {
        var lease = (await _client.LeaseGrantAsync(new LeaseGrantRequest { TTL = 5 })).ID;
        await _client.PutAsync(new PutRequest { Key = ByteString.CopyFromUtf8(Prefix + "a"), Lease = lease });
        var log = new WatchLog();
        await _client.WatchRangeAsync(Prefix, log.Add);
        var keeping = _client.LeaseKeepAlive(lease, CancellationToken.None);

        _etcd.Kill();
        var broken = await Wait.ForAsync(Assert.ThrowsAsync<RpcException>(() => keeping), "the keeper to notice");
        await _etcd.RestartAsync();

        Assert.Equal(StatusCode.Unavailable, broken.StatusCode);
        Assert.InRange((await _client.LeaseTimeToLiveAsync(new LeaseTimeToLiveRequest { ID = lease })).TTL, 1, 10);
        await log.ForEventsAsync(1);
        Assert.Equal(Event.Types.EventType.Delete, log.Events.Single().Type);
    }

    [Fact]
    public async Task A_call_to_a_frozen_server_is_cancelled_at_its_deadline()
    {
        await _client.PutAsync(Prefix + "a", "x");
        _etcd.Pause();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _client.GetAsync(Prefix + "a", deadline: DateTime.UtcNow.AddMilliseconds(300)));
        _etcd.Resume();

        Assert.Equal("x", await _client.GetValAsync(Prefix + "a", deadline: DateTime.UtcNow.AddSeconds(10)));
    }
}
