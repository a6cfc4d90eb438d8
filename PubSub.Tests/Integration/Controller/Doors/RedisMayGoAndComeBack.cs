using System.Diagnostics;
using Grpc.Core;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Controller.Doors;

public sealed class RedisMayGoAndComeBack
{
    [Fact]
    public async Task Calls_are_refused_while_it_is_dead_or_hangs_and_served_again_when_it_is_back()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var controller = await ControllerProcess.StartAsync(etcd);
        await controller.RegisterAsync("n1", 5);
        await controller.OnlineAsync("alice", "n1", "r");

        controller.Redis.Pause();
        await RefusedAsync(controller);
        controller.Redis.Resume();
        await ServedAsync(controller);
        Assert.Single((await controller.Calls.GetUserNodeAsync(new() { UserId = "alice" })).Sessions);

        controller.Redis.Kill();
        await RefusedAsync(controller);
        await controller.Redis.RestartAsync();
        await ServedAsync(controller);

        // It came back empty: the node hears that it is unknown, and announces everything again.
        var heartbeat = await controller.Calls.NodeHeartbeatAsync(new() { NodeId = "n1", Incarnation = 5 });
        Assert.False(heartbeat.Known);
        await controller.RegisterAsync("n1", 5);
        var reply = await controller.Calls.UpdateSessionsAsync(
            new() { Node = new() { NodeId = "n1", Incarnation = 5 }, Changes = { Change.Online("alice", "s", "r") } });
        Assert.Equal(0, reply.Outcomes.Single().Code);
    }

    private static async Task RefusedAsync(ControllerProcess controller)
    {
        var watch = Stopwatch.StartNew();
        var refusal = await Assert.ThrowsAsync<RpcException>(() => controller.Calls.JoinRoomAsync(new() { UserId = "alice", RoomId = "r" }).ResponseAsync);

        Assert.Equal(StatusCode.Unavailable, refusal.StatusCode);
        Assert.Contains("Redis", refusal.Status.Detail, StringComparison.Ordinal);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(2), $"It took {watch.Elapsed} to say so.");
    }

    private static Task ServedAsync(ControllerProcess controller) => Wait.UntilAsync(
        async () =>
        {
            try
            {
                await controller.Calls.GetRoomStatsAsync(new GetRoomStatsRequest());
                return true;
            }
            catch (RpcException away) when (away.StatusCode == StatusCode.Unavailable)
            {
                return false;
            }
        },
        "the controller to serve again");
}
