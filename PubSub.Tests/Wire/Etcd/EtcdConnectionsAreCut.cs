using dotnet_etcd;
using Etcdserverpb;
using Google.Protobuf;
using Grpc.Core;
using Mvccpb;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Infrastructure.Network;

namespace PubSub.Tests.Wire.Etcd;

/// <summary>The way to a real etcd breaks and comes back, while etcd itself goes on.</summary>
public sealed class EtcdConnectionsAreCut : IAsyncLifetime
{
    private const string Prefix = "/cut/";

    private EtcdProcess _etcd = null!;
    private EtcdClient _beside = null!;

    public async Task InitializeAsync()
    {
        _etcd = await EtcdProcess.StartAsync();
        _beside = new EtcdClient(_etcd.Endpoint);
    }

    public async Task DisposeAsync()
    {
        _beside.Dispose();
        await _etcd.DisposeAsync();
    }

    [Fact]
    public async Task A_watch_is_told_that_what_it_missed_was_compacted_meanwhile()
    {
        await using var wire = new TcpRelay(_etcd.Port);
        using var client = EtcdClientWithoutRetries.Create($"http://127.0.0.1:{wire.Port}");
        var log = new WatchLog();
        await client.WatchRangeAsync(Prefix, log.Add);
        await _beside.PutAsync(Prefix + "before", "x");
        await log.ForAsync(Prefix + "before");

        await wire.CutAsync();
        await _beside.PutAsync(Prefix + "missed", "1");
        var newest = (await _beside.PutAsync(Prefix + "missed", "2")).Header.Revision;
        await _beside.CompactAsync(new CompactionRequest { Revision = newest });
        wire.Mend();
        await log.ForCancelAsync();

        // The watch is over; one that begins now sees what comes now.
        var next = new WatchLog();
        await client.WatchRangeAsync(Prefix, next.Add);
        await _beside.PutAsync(Prefix + "after", "x");
        await next.ForAsync(Prefix + "after");
        Assert.Equal(newest, log.Cancelled!.CompactRevision);
        Assert.Equal([Prefix + "before"], log.Keys);
        Assert.Equal([Prefix + "after"], next.Keys);
    }

    [Fact]
    public async Task A_lease_is_kept_over_whichever_of_two_endpoints_is_left()
    {
        const string key = Prefix + "kept";
        await using var first = new TcpRelay(_etcd.Port);
        await using var second = new TcpRelay(_etcd.Port);
        using var client = EtcdClientWithoutRetries.Create($"http://127.0.0.1:{first.Port},http://127.0.0.1:{second.Port}");
        var lease = await PutUnderALeaseAsync(key);
        var log = new WatchLog();
        await _beside.WatchRangeAsync(Prefix, log.Add);
        using var stop = new CancellationTokenSource();
        var keeping = KeepAsync(client, lease, stop.Token);

        foreach (var wire in new[] { first, second })
        {
            // A lease of the same length that nobody keeps tells when the kept one would have ended.
            var twin = wire == first ? Prefix + "twin-1" : Prefix + "twin-2";
            await wire.CutAsync();
            await PutUnderALeaseAsync(twin);
            await Wait.UntilAsync(() => Ended(log).Contains(twin), $"{twin} to end with its lease");
            Assert.DoesNotContain(key, Ended(log));
            wire.Mend();
        }

        Assert.False(keeping.IsCompleted);
        await stop.CancelAsync();
        await keeping;
    }

    private async Task<long> PutUnderALeaseAsync(string key)
    {
        var lease = (await _beside.LeaseGrantAsync(new LeaseGrantRequest { TTL = 3 })).ID;
        await _beside.PutAsync(new PutRequest
        {
            Key = ByteString.CopyFromUtf8(key),
            Value = ByteString.CopyFromUtf8("x"),
            Lease = lease,
        });
        return lease;
    }

    /// <summary>As the package wants it: a keeper ends with its connection, and the caller begins another.</summary>
    private static async Task KeepAsync(EtcdClient client, long lease, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await client.LeaseKeepAlive(lease, stop);
                Assert.Fail("etcd says that the lease is gone.");
            }
            catch (Exception broken) when (broken is RpcException or OperationCanceledException)
            {
                // The next goes over what is left.
            }
        }
    }

    private static IEnumerable<string> Ended(WatchLog log) => log.Events
        .Where(change => change.Type is Event.Types.EventType.Delete)
        .Select(change => change.Kv.Key.ToStringUtf8());
}
