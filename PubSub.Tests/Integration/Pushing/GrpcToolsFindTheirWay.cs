using Grpc.Health.V1;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Wire.Grpc.Peers;

namespace PubSub.Tests.Integration.Pushing;

[Collection(SharedRedis.Name)]
public sealed class GrpcToolsFindTheirWay(RedisFixture fixture)
{
    [Fact]
    public async Task Health_is_served_on_the_grpc_port()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);

        var health = await new Health.HealthClient(scene.Manager.Channel).CheckAsync(new HealthCheckRequest());

        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, health.Status);
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("v1alpha")]
    public async Task A_client_without_protos_lists_describes_and_calls(string version)
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var (node, identity) = await scene.AddNodeAsync();
        var room = await scene.AddRoomAsync("{}", identity);

        var learned = await ReflectingClient.CallAsync(
            scene.Manager.GrpcAddress, version, "pubsub.PushManagerService", "PushToRoom",
            $$"""{"room_id":"{{room}}","content":{"type":"SYSTEM","data":"Hello","metadata":[{"key":"from","value":"reflection"}]} }""");

        Assert.Superset(
            new HashSet<string>
            {
                "pubsub.PushManagerService", "pubsub.DeviceService", "broadcast.PushServer", "grpc.health.v1.Health",
                "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
            },
            learned.Services.ToHashSet());
        Assert.Equal("PushToRoomRequest -> PushReply", learned.Methods["PushToRoom"]);
        Assert.Equal("WatchReceiptsRequest -> stream Receipt", learned.Methods["WatchReceipts"]);
        Assert.Equal("1", learned.Answer.GetProperty("position").GetProperty("offset").GetString());
        Assert.Equal(FakeNode.SessionsPerDelivery, learned.Answer.GetProperty("sessions_reached").GetInt32());
        var content = Assert.Single(node.Deliveries).Message.Content;
        Assert.Equal((MessageType.System, "Hello", "reflection"), (content.Type, content.Data, content.Metadata["from"]));
    }
}
