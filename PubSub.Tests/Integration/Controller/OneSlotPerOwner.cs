using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Controller;

public sealed class OneSlotPerOwner
{
    [Theory]
    [InlineData("room-001", "alice")]
    [InlineData("{tag}", "a}b{c")]
    public async Task Everything_works_on_a_Redis_Cluster(string room, string user)
    {
        await using var cluster = await RedisCluster.StartAsync();
        await using var controller = new ControllerCore(cluster.Endpoints, nodes => nodes.GraceSeconds = 0);
        await controller.RegisterAsync("n1");
        await controller.RegisterAsync("n2");
        await controller.OnlineAsync("n1", user, "phone", room, "other");
        await controller.OnlineAsync("n2", user, "laptop", room);
        await controller.ApplyAsync("n2", 1, Change.Leave(user, "laptop", room), Change.Join(user, "laptop", room));

        Assert.Equal(["n1/1", "n2/1"], await controller.NodesOfAsync("room:" + room));
        controller.Sweep.LeaseEnded("n1", 1);
        await controller.Sweep.SweepAsync(CancellationToken.None);
        var check = await controller.Check.CheckAsync(CancellationToken.None);

        Assert.Equal(["n2/1"], await controller.NodesOfAsync("room:" + room));
        Assert.Equal((2, 1, 0), (check.Rooms, check.Users, check.Corrected));
        Assert.Equal(2, (await controller.RoomReader.ListAsync("", 10)).Rooms.Count);
        await controller.ApplyAsync("n2", 1, Change.Offline(user, "laptop"));
        Assert.Equal((0, 0), ((await controller.StatisticsAsync()).Users, (await controller.StatisticsAsync()).Sessions));
    }
}
