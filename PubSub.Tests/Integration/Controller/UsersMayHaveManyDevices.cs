using PubSub.Controller;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Controller;

[Collection(SharedRedis.Name)]
public sealed class UsersMayHaveManyDevices(RedisFixture fixture) : RedisTest(fixture)
{
    [Fact]
    public async Task Each_device_is_a_session_with_its_node_and_rooms_and_two_controllers_agree()
    {
        await using var one = NewController();
        await using var other = NewController();
        await one.RegisterAsync("n1", 11);
        await other.RegisterAsync("n2", 22);
        await one.OnlineAsync("n1", "alice", "phone", "r1", "r2");
        await other.OnlineAsync("n2", "alice", "laptop", "r1");

        var answers = new[] { await one.UserAsync("alice"), await other.UserAsync("alice") };

        Assert.Equal(answers[0], answers[1]);
        Assert.Equal(["n1", "n2"], answers[0].NodeIds);
        Assert.Equal(
            ["laptop@n2/22: r1", "phone@n1/11: r1 r2"],
            answers[0].Sessions.Select(s => $"{s.SessionId}@{s.NodeId}/{s.Incarnation}: {string.Join(' ', s.RoomIds)}").Order(StringComparer.Ordinal));
        Assert.Equal(["n1/11", "n2/22"], await other.NodesOfAsync("user:alice"));
        Assert.Equal(["n1/11", "n2/22"], await other.NodesOfAsync("room:r1"));
        Assert.Equal(["n1/11"], await other.NodesOfAsync("room:r2"));
        Assert.Equal(["n1/11", "n2/22"], await other.NodesOfAsync("all"));
        Assert.Equal(await one.RoomReader.DescribeAsync("r1", 10), await other.RoomReader.DescribeAsync("r1", 10));
        Assert.Equal(2, (await one.RoomReader.DescribeAsync("r1", 10)).Members.Single().Devices);
    }

    [Fact]
    public async Task The_same_session_id_on_two_nodes_is_two_sessions()
    {
        await using var controller = NewController();
        await controller.RegisterAsync("n1");
        await controller.RegisterAsync("n2");

        await controller.OnlineAsync("n1", "alice", "alice", "r");
        var second = await controller.OnlineAsync("n2", "alice", "alice", "r");
        await controller.ApplyAsync("n1", 1, Change.Offline("alice", "alice"));

        Assert.Equal(2, second.Devices);
        Assert.Equal(["n2/1"], await controller.NodesOfAsync("room:r"));
    }

    [Fact]
    public async Task A_session_announced_again_changes_no_count()
    {
        await using var controller = NewController();
        await controller.RegisterAsync("n1");

        var first = await controller.OnlineAsync("n1", "alice", "phone", "r");
        var again = await controller.OnlineAsync("n1", "alice", "phone", "r");

        Assert.True(first.IsNew);
        Assert.False(again.IsNew);
        Assert.Equal(1, again.Devices);
        var member = (await controller.RoomReader.DescribeAsync("r", 10)).Members.Single();
        Assert.Equal(1, member.Devices);
        await controller.ApplyAsync("n1", 1, Change.Offline("alice", "phone"));
        Assert.Empty(await controller.NodesOfAsync("room:r"));
    }

    [Fact]
    public async Task The_end_of_a_session_says_which_rooms_it_left()
    {
        await using var controller = NewController();
        await controller.RegisterAsync("n1");
        await controller.OnlineAsync("n1", "alice", "phone", "r2", "r1");
        await controller.OnlineAsync("n1", "alice", "laptop", "r2");

        var outcome = await controller.ApplyAsync("n1", 1, Change.Offline("alice", "phone"));
        var repeated = await controller.ApplyAsync("n1", 1, Change.Offline("alice", "phone"));

        Assert.Equal(["r1", "r2"], outcome[0].Ended!.RoomsLeft);
        Assert.Equal(1, outcome[0].Ended!.Devices);
        Assert.False(repeated[0].Ended!.Found);
    }

    [Fact]
    public async Task Sessions_of_an_unknown_node_or_of_one_in_another_life_are_refused()
    {
        await using var controller = NewController();
        await controller.RegisterAsync("n1", 5);
        var before = await KeyCountAsync();

        var unknown = await Assert.ThrowsAsync<Refusal>(() => controller.ApplyAsync("n9", 1, Change.Online("alice", "phone")));
        var earlier = await Assert.ThrowsAsync<Refusal>(() => controller.ApplyAsync("n1", 4, Change.Online("alice", "phone")));

        Assert.Equal(RefusalKind.NotFound, unknown.Kind);
        Assert.Contains("RegisterNode", unknown.Message, StringComparison.Ordinal);
        Assert.Equal(RefusalKind.Ended, earlier.Kind);
        Assert.Contains("5 is registered now", earlier.Message, StringComparison.Ordinal);
        Assert.Equal(before, await KeyCountAsync());
    }

    [Fact]
    public async Task Changes_of_one_batch_apply_in_order_and_each_has_its_own_outcome()
    {
        await using var controller = NewController();
        await controller.RegisterAsync("n1");

        var outcomes = await controller.ApplyAsync(
            "n1", 1,
            Change.Online("alice", "phone", "r"),
            Change.Join("bob", "phone", "r"),
            Change.Online("bob", "phone"),
            Change.Join("bob", "phone", "r"),
            Change.Join("bob", "phone", "nowhere"),
            Change.Leave("alice", "phone", "r"),
            Change.Offline("alice", "phone"));

        Assert.Equal(
            [null, RefusalKind.NotFound, null, null, RefusalKind.NotFound, null, null],
            outcomes.Select(outcome => outcome.Refusal?.Kind));
        Assert.Equal(["bob"], (await controller.RoomReader.DescribeAsync("r", 10)).Members.Select(member => member.UserId));
    }
}
