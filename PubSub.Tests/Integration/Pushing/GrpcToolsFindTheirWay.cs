using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;
using PubSub.Tests.Infrastructure;

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

    [Fact]
    public async Task Reflection_lists_the_services()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        using var call = new ServerReflection.ServerReflectionClient(scene.Manager.Channel).ServerReflectionInfo();

        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" });
        await call.RequestStream.CompleteAsync();
        Assert.True(await call.ResponseStream.MoveNext(default));

        var services = call.ResponseStream.Current.ListServicesResponse.Service.Select(service => service.Name);
        Assert.Superset(new HashSet<string> { "pubsub.PushManagerService", "pubsub.DeviceService", "broadcast.PushServer" }, services.ToHashSet());
    }
}
