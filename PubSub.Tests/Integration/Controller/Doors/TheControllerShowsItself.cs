using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;

namespace PubSub.Tests.Integration.Controller.Doors;

[Collection(SharedController.Name)]
public sealed class TheControllerShowsItself(ControllerFixture fixture)
{
    [Fact]
    public async Task Reflection_lists_the_service_and_health_says_serving()
    {
        using var call = new ServerReflection.ServerReflectionClient(fixture.Controller.Channel).ServerReflectionInfo();
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        var health = await new Health.HealthClient(fixture.Controller.Channel).CheckAsync(new HealthCheckRequest());

        Assert.Contains(call.ResponseStream.Current.ListServicesResponse.Service, service => service.Name == "pubsub.ControllerService");
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, health.Status);
    }

    [Fact]
    public async Task Calls_and_figures_are_in_the_metrics()
    {
        await fixture.Controller.Calls.GetRoomStatsAsync(new());

        var metrics = await fixture.Controller.Process.MetricsAsync();

        Assert.Contains("controller_calls_total{", metrics, StringComparison.Ordinal);
        Assert.Contains("controller_redis_duration_seconds_bucket{", metrics, StringComparison.Ordinal);
        Assert.Contains("controller_sessions", metrics, StringComparison.Ordinal);
    }
}
