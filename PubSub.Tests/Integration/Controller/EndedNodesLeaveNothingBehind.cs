using PubSub.Controller;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Controller;

[Collection(SharedRedis.Name)]
public sealed class EndedNodesLeaveNothingBehind(RedisFixture fixture) : RedisTest(fixture)
{
    [Fact]
    public async Task A_node_whose_lease_ended_is_removed_with_its_sessions()
    {
        await using var controller = NewController();
        await controller.RegisterAsync("n1");
        await controller.RegisterAsync("n2");
        await controller.OnlineAsync("n1", "alice", "phone", "r");
        await controller.OnlineAsync("n2", "alice", "laptop", "r");
        await controller.OnlineAsync("n1", "bob", "phone", "r");

        controller.Sweep.LeaseEnded("n1", 1);
        await controller.Sweep.SweepAsync(CancellationToken.None);

        Assert.Equal(["n2/1"], await controller.NodesOfAsync("room:r"));
        Assert.Equal(["n2/1"], await controller.NodesOfAsync("all"));
        Assert.Equal(["laptop"], (await controller.UserAsync("alice")).Sessions.Select(session => session.SessionId));
        await Assert.ThrowsAsync<Refusal>(() => controller.UserAsync("bob"));
        Assert.Equal(1, (await controller.StatisticsAsync()).Users);
    }

    [Fact]
    public async Task A_silent_node_is_removed_by_the_sweep_and_a_talking_one_stays()
    {
        await using var controller = NewController(nodes => (nodes.HeartbeatSeconds, nodes.MissedHeartbeats, nodes.SweepSeconds) = (1, 2, 1));
        await controller.RegisterAsync("silent");
        await controller.RegisterAsync("talking");
        await controller.OnlineAsync("silent", "alice", "phone", "r");
        await controller.OnlineAsync("talking", "bob", "phone", "r");
        var sweep = controller.Sweep;
        await sweep.StartAsync(CancellationToken.None);

        await Wait.UntilAsync(
            async () =>
            {
                Assert.True(await controller.Nodes.HeartbeatAsync("talking", 1, 1));
                return (await controller.NodesOfAsync("room:r")).SequenceEqual(["talking/1"]);
            },
            "the silent node to be removed");

        Assert.False(await controller.Nodes.HeartbeatAsync("silent", 1, 1));
        await sweep.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_late_sweep_of_an_earlier_life_does_not_touch_the_sessions_of_the_present_one()
    {
        await using var controller = NewController();
        await controller.RegisterAsync("n1", 1);
        await controller.OnlineAsync("n1", "alice", "phone", "r");
        await controller.RegisterAsync("n1", 2);
        await controller.OnlineAsync("n1", "alice", "phone", "r");

        controller.Sweep.LeaseEnded("n1", 1);
        await controller.Sweep.SweepAsync(CancellationToken.None);

        Assert.Equal(["n1/2"], await controller.NodesOfAsync("room:r"));
        Assert.Equal(["n1/2"], await controller.NodesOfAsync("user:alice"));
        Assert.Equal(["n1/2"], await controller.NodesOfAsync("all"));
        Assert.Equal(2, Assert.Single((await controller.UserAsync("alice")).Sessions).Incarnation);
        Assert.Equal(1, (await controller.RoomReader.DescribeAsync("r", 10)).Members.Single().Devices);
    }

    [Fact]
    public async Task A_node_that_was_removed_and_goes_on_in_the_same_life_keeps_what_it_announces_anew()
    {
        await using var controller = NewController();
        await controller.RegisterAsync("n1", 7);
        await controller.OnlineAsync("n1", "alice", "phone", "r");
        await controller.Nodes.EndAsync("n1", 7);
        await controller.RegisterAsync("n1", 7);
        await controller.OnlineAsync("n1", "alice", "phone", "r");

        await controller.Sweep.SweepAsync(CancellationToken.None);

        Assert.Equal(["n1/7"], await controller.NodesOfAsync("room:r"));
        Assert.Single((await controller.UserAsync("alice")).Sessions);
    }

    [Fact]
    public async Task An_earlier_life_cannot_register_over_a_later_one()
    {
        await using var controller = NewController();
        await controller.RegisterAsync("n1", 1_700_000_000_000_000_002);

        var refusal = await Assert.ThrowsAsync<Refusal>(() => controller.RegisterAsync("n1", 1_700_000_000_000_000_001));

        Assert.Equal(RefusalKind.Ended, refusal.Kind);
        Assert.Equal(["n1/1700000000000000002"], await controller.NodesOfAsync("all"));
    }

    [Fact]
    public async Task Changes_that_race_with_the_end_of_their_node_leave_nothing()
    {
        for (var round = 1; round <= 20; round++)
        {
            await using var one = NewController();
            await using var other = NewController(nodes => nodes.GraceSeconds = 0);
            await one.RegisterAsync("n1", round);
            var announcements = Enumerable.Range(0, 20).Select(i =>
                IgnoreRefusal(() => one.ApplyAsync("n1", round, Change.Online($"u{i}", "s", "r"), Change.Join($"u{i}", "s", "r"))));

            await Task.WhenAll([.. announcements, EndAsync(other, round)]);
            await other.Sweep.SweepAsync(CancellationToken.None);

            Assert.Empty(await one.NodesOfAsync("room:r"));
            Assert.Equal(0, (await one.StatisticsAsync()).Users);
            Assert.Empty(await KeysAsync("{user:*"));
        }

        static async Task EndAsync(ControllerCore controller, int incarnation)
        {
            await controller.Nodes.EndAsync("n1", incarnation);
            await controller.Sweep.SweepAsync(CancellationToken.None);
        }

        static async Task IgnoreRefusal(Func<Task> change)
        {
            try
            {
                await change();
            }
            catch (Refusal refusal)
            {
                Assert.NotEqual(RefusalKind.Invalid, refusal.Kind);
            }
        }
    }

    [Fact]
    public async Task A_controller_that_died_in_the_midst_of_a_sweep_leaves_it_to_the_next()
    {
        await using var dying = NewController();
        await using var next = NewController();
        await dying.RegisterAsync("n1");
        await dying.OnlineAsync("n1", "alice", "phone", "r");

        await dying.Nodes.EndAsync("n1", 1);
        await next.Sweep.SweepAsync(CancellationToken.None);

        Assert.Empty(await next.NodesOfAsync("room:r"));
    }
}
