using PubSub.Controller.Nodes;
using PubSub.Membership;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Controller;

[Collection(SharedRedis.Name)]
public sealed class LeasesTellTheSweep(RedisFixture fixture) : RedisTest(fixture)
{
    [Fact]
    public async Task A_node_that_leaves_is_removed_at_once_and_one_in_a_new_life_loses_only_the_former()
    {
        // The sweep's own time is far away: only the lease can be what removes a node here.
        await using var controller = NewController(nodes => nodes.SweepSeconds = 3600);
        var membership = new MemoryMembership(ServiceKind.Node);
        using var leases = new NodeLeases(membership, controller.Sweep);
        await controller.Sweep.StartAsync(CancellationToken.None);
        await leases.StartAsync(CancellationToken.None);

        var first = membership.Join("n1");
        await controller.RegisterAsync("n1", first.Incarnation);
        await controller.RegisterAsync("tool");
        await controller.OnlineAsync("n1", "alice", "phone", "r");
        await controller.OnlineAsync("tool", "bob", "phone", "r");
        var second = membership.Join("n1");
        await controller.RegisterAsync("n1", second.Incarnation);
        await controller.OnlineAsync("n1", "alice", "phone", "r");
        await Wait.UntilAsync(
            async () => (await controller.NodesOfAsync("room:r")).SequenceEqual([$"n1/{second.Incarnation}", "tool/1"]),
            "the former life to be swept");

        membership.Leave("n1");
        await Wait.UntilAsync(
            async () => (await controller.NodesOfAsync("room:r")).SequenceEqual(["tool/1"]), "the node to be removed");

        Assert.Equal(["tool/1"], await controller.NodesOfAsync("all"));
        await leases.StopAsync(CancellationToken.None);
        await controller.Sweep.StopAsync(CancellationToken.None);
    }
}
