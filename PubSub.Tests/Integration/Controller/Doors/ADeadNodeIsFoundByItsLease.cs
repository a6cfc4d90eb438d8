using dotnet_etcd;
using Etcdserverpb;
using Google.Protobuf;
using Grpc.Core;
using PubSub.Membership;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Controller.Doors;

[Collection(SharedController.Name)]
public sealed class ADeadNodeIsFoundByItsLease(ControllerFixture fixture)
{
    [Fact]
    public async Task When_the_lease_in_etcd_runs_out_the_sessions_are_gone_without_waiting_for_a_sweep()
    {
        var controller = fixture.Controller;
        using var etcd = new EtcdClient(fixture.Etcd.Endpoint);
        await controller.RegisterAsync("leased-n", 42);
        await controller.OnlineAsync("leased-u", "leased-n", "leased-r");
        var lease = await etcd.LeaseGrantAsync(new LeaseGrantRequest { TTL = 2 });
        var node = new ServiceInstance { Id = "leased-n", Address = "127.0.0.1", Incarnation = 42 };
        await etcd.PutAsync(new PutRequest
        {
            Key = ByteString.CopyFromUtf8("/pubsub/nodes/leased-n"),
            Value = ByteString.CopyFromUtf8(node.ToJson()),
            Lease = lease.ID,
        });

        // Nobody keeps the lease alive. The heartbeats alone would be missed half a minute later.
        await Wait.UntilAsync(
            async () =>
            {
                try
                {
                    await controller.Calls.GetUserNodeAsync(new() { UserId = "leased-u" });
                    return false;
                }
                catch (RpcException gone) when (gone.StatusCode == StatusCode.NotFound)
                {
                    return true;
                }
            },
            "the node's sessions to be removed", TimeSpan.FromSeconds(15));

        Assert.Equal(0, (await controller.Calls.GetRoomInfoAsync(new() { RoomId = "leased-r" })).UserCount);
    }
}
