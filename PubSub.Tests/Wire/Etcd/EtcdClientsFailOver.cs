using dotnet_etcd;
using Etcdserverpb;
using Google.Protobuf;
using Grpc.Core;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Wire.Etcd;

/// <summary>A real cluster of three, of which members are killed.</summary>
public sealed class EtcdClientsFailOver : IAsyncLifetime
{
    private const string Prefix = "/fail-over/";

    private EtcdCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await EtcdCluster.StartAsync();

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task Calls_and_watches_go_on_while_one_member_after_the_other_is_killed()
    {
        using var client = EtcdClientWithoutRetries.Create(_cluster.Endpoints);
        var log = new WatchLog();
        await client.WatchRangeAsync(Prefix, log.Add);
        using var writer = new PatientWriter(_cluster.Endpoints, Prefix);
        using var stop = new CancellationTokenSource();
        var writing = writer.WriteUntilAsync(stop.Token);

        // Every member, so the leader and the one that carries the watch are among them.
        foreach (var member in _cluster.Members)
        {
            await writer.ForAsync(20);
            member.Kill();
            await writer.ForAsync(20);
            await member.RestartAsync();
        }

        await stop.CancelAsync();
        await writing;
        await log.ForAsync(writer.Key(writer.Written - 1));

        Assert.Equal(writer.Keys, log.Keys);
    }

    [Fact]
    public async Task A_dead_endpoint_in_the_list_costs_no_call()
    {
        _cluster.Members[0].Kill();
        using var client = EtcdClientWithoutRetries.Create(_cluster.Endpoints);

        // If the dead one led, the others need a second to agree on another leader.
        await Wait.UntilAsync(
            async () =>
            {
                try
                {
                    await client.PutAsync(Prefix + "first", "x", deadline: DateTime.UtcNow.AddSeconds(2));
                    return true;
                }
                catch (Exception away) when (away is RpcException or OperationCanceledException)
                {
                    return false;
                }
            },
            "a new leader");
        for (var i = 0; i < 20; i++)
        {
            await client.PutAsync($"{Prefix}{i}", "x", deadline: DateTime.UtcNow.AddSeconds(10));
        }

        Assert.Equal(21, (await client.GetRangeAsync(Prefix)).Count);
    }

    [Fact]
    public async Task Calls_go_round_all_members()
    {
        using var client = new EtcdClient(_cluster.Endpoints);
        var members = await client.MemberListAsync(new MemberListRequest());
        var asked = new HashSet<ulong>();

        await Wait.UntilAsync(
            async () =>
            {
                asked.Add((await client.GetAsync(Prefix)).Header.MemberId);
                return asked.Count == 3;
            },
            "an answer from each member");

        Assert.Equal(members.Members.Select(member => member.ID).Order(), asked.Order());
    }

    [Fact]
    public async Task A_member_without_its_cluster_ends_a_watch_that_asked_for_a_leader()
    {
        using var client = EtcdClientWithoutRetries.Create(_cluster.Members[0].Endpoint);
        using var watch = client.GetConnection().WatchClient.Watch(new Metadata { { "hasleader", "true" } });
        await watch.RequestStream.WriteAsync(new WatchRequest { CreateRequest = new WatchCreateRequest { Key = ByteString.CopyFromUtf8(Prefix) } });
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        _cluster.Members[1].Kill();
        _cluster.Members[2].Kill();

        var ended = await Wait.ForAsync(
            Assert.ThrowsAsync<RpcException>(() => watch.ResponseStream.MoveNext(CancellationToken.None)), "the end of the watch");

        Assert.Equal(StatusCode.Unavailable, ended.StatusCode);
        Assert.Contains("no leader", ended.Status.Detail, StringComparison.Ordinal);
    }
}
