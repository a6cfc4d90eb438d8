using System.Diagnostics;
using Etcdserverpb;
using PubSub.Membership;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;
using Xunit.Abstractions;

namespace PubSub.Tests.Cluster;

[Collection(FailingCluster.Name)]
public sealed class NodesDieHangAndReturn(FailingClusterFixture fixture, ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan Lease = new EtcdOptions().LeaseTtl;

    private readonly TestCluster _cluster = fixture.Cluster;
    private readonly string _room = fixture.NewName("room");
    private readonly List<ClusterClient> _clients = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var client in _clients)
            await client.DisposeAsync();
        if (_cluster.Nodes[0].HasExited)
            await _cluster.Nodes[0].RestartAsync();
        await _cluster.WaitForLinksAsync(3);
    }

    [Fact]
    public async Task A_killed_node_is_out_of_the_routing_with_its_lease_and_its_users_go_on_elsewhere_at_once()
    {
        var alice = await ConnectAsync(0, "alice");
        var bob = await ConnectAsync(1, "bob");
        await fixture.PushAsync($"room:{_room}", "before");
        await Task.WhenAll(alice.ForDeliveryAsync("before"), bob.ForDeliveryAsync("before"));

        _cluster.Nodes[0].Kill();
        var watch = Stopwatch.StartNew();
        var again = await ConnectAsync(1, "alice");
        await fixture.PushAsync($"room:{_room}", "to the room");
        await fixture.PushAsync($"user:{alice.UserId}", "to alice", manager: 1);
        await Task.WhenAll(again.ForDeliveryAsync("to the room"), again.ForDeliveryAsync("to alice"), bob.ForDeliveryAsync("to the room"));
        var received = watch.Elapsed;

        await Wait.UntilAsync(async () => !(await NodesOfRoomAsync()).Contains("connect-node-1"), "the node to be out of the routing", 2 * Lease);
        var unrouted = watch.Elapsed;
        await _cluster.WaitForLinksAsync(2);
        output.WriteLine(
            $"Killed: received elsewhere after {received.TotalSeconds:0.00} s, out of the routing after {unrouted.TotalSeconds:0.00} s, "
            + $"links dropped after {watch.Elapsed.TotalSeconds:0.00} s (lease of {Lease.TotalSeconds} s).");

        // The promise is one second; the rest is for a machine that does ten things at once.
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Lease + TimeSpan.FromSeconds(5));
        Assert.Equal(2, (await _cluster.Controller(1).GetRoomInfoAsync(new GetRoomInfoRequest { RoomId = _room })).UserCount);
        Assert.Equal([again.SessionId], await _cluster.SessionsOfAsync(alice.UserId));
    }

    [Fact]
    public async Task A_node_that_is_back_before_its_lease_ended_keeps_its_new_sessions()
    {
        using var etcd = EtcdClients.Create(new EtcdOptions { Endpoints = _cluster.Etcd.Endpoint });
        var before = await ConnectAsync(0, "carol");
        var lease = (await etcd.GetAsync("/pubsub/nodes/connect-node-1")).Kvs[0].Lease;

        await _cluster.Nodes[0].RestartAsync();
        var after = await ConnectAsync(0, "carol");
        await fixture.PushAsync($"room:{_room}", "within the lease");
        await after.ForDeliveryAsync("within the lease");

        await Wait.UntilAsync(
            async () => (await etcd.LeaseTimeToLiveAsync(new LeaseTimeToLiveRequest { ID = lease })).TTL < 0, "the old lease to end", 2 * Lease);
        await Wait.UntilAsync(async () => !(await _cluster.SessionsOfAsync(before.UserId)).Contains(before.SessionId), "the old session to be removed");
        var reply = await fixture.PushAsync($"room:{_room}", "after the lease", manager: 1);

        await after.ForDeliveryAsync("after the lease");
        Assert.Equal((1, 1), (reply.NodesReached, reply.SessionsReached));
        Assert.Equal([after.SessionId], await _cluster.SessionsOfAsync(after.UserId));
    }

    [Fact]
    public async Task A_hung_node_delays_no_other_and_delivers_when_it_runs_again()
    {
        var dave = await ConnectAsync(0, "dave");
        var erin = await ConnectAsync(1, "erin");

        _cluster.Nodes[0].Pause();
        Task<PushReply> first;
        try
        {
            first = fixture.PushAsync($"room:{_room}", "one");
            await erin.ForDeliveryAsync("one");
            Assert.False(first.IsCompleted, "The push is answered only when the hung node's time is up.");
            Assert.Equal(1, (await Wait.ForAsync(first, "the push to be answered")).NodesMissed);
            await fixture.PushAsync($"room:{_room}", "two");
            await erin.ForDeliveryAsync("two");
        }
        finally
        {
            _cluster.Nodes[0].Resume();
        }

        await dave.ForDeliveryAsync("two");
        await dave.PingAsync();
        Assert.Equal(["one", "two"], dave.Deliveries.Select(one => one.Data));
        Assert.Equal(["one", "two"], erin.Deliveries.Select(one => one.Data));
    }

    /// <summary>SPEC.md 8, 4003.</summary>
    [Fact]
    public async Task A_node_whose_place_another_has_taken_sends_its_clients_away()
    {
        var frank = await ConnectAsync(0, "frank");
        _cluster.Nodes[0].Pause();
        var later = await _cluster.AddNodeAsync("connect-node-1");
        _cluster.Nodes[0].Resume();

        Assert.Equal(4003, await Wait.ForAsync(frank.Closed, "the earlier node to send its clients away", TimeSpan.FromSeconds(40)));
        Assert.Equal(4003, frank.Frame("disconnect")!.Value.GetProperty("code").GetInt32());
        await Wait.UntilAsync(() => _cluster.Nodes[0].HasExited, "the earlier node to stop", TimeSpan.FromSeconds(40));
        var again = await ConnectAsync(later, "frank");
        await fixture.PushAsync($"room:{_room}", "to the later one");
        await again.ForDeliveryAsync("to the later one");
        await _cluster.RemoveNodeAsync(later);
    }

    private async Task<ClusterClient> ConnectAsync(int node, string user)
    {
        var client = await ClusterClient.ConnectAsync(_cluster.NodeUri(node), $"{user}-{_room}", _room);
        _clients.Add(client);
        return client;
    }

    private async Task<IEnumerable<string>> NodesOfRoomAsync()
    {
        var reply = await _cluster.Controller().ResolveChannelsAsync(new ResolveChannelsRequest { Channels = { $"room:{_room}" } });
        return reply.Channels[0].Nodes.Select(node => node.NodeId);
    }
}
