using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using PubSub.Membership;
using PubSub.ServiceDefaults;

namespace PubSub.Tests.Wire.HelloService;

/// <summary>
/// A service as small as one can be, run as a process of its own: Program.cs starts it as <c>hello-service</c>. With
/// ETCD_ENDPOINTS it registers there, with HELLO_REDIS it counts greetings there.
/// </summary>
internal static class HelloProgram
{
    public static async Task<int> RunAsync(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddServiceDefaults("hello", service =>
        {
            (service.GrpcPort, service.HttpPort, service.MetricsPort) = (0, 0, 0);
            (service.InstanceIdVariable, service.InstanceId) = ("HELLO_ID", "hello-1");
        });
        builder.AddValidatedOptions<HelloOptions>("Hello");
        if (builder.Configuration["ETCD_ENDPOINTS"] is not null)
            builder.AddMembership().Register(ServiceKind.Node);
        if (builder.Configuration["HELLO_REDIS"] is not null)
            builder.Services.AddHealthChecks().AddCheck<RedisAnswers>("redis");
        if (builder.Configuration["HELLO_HANGS"] is "true")
            builder.Services.AddHostedService<NeverStops>();
        builder.Services.AddGrpc();
        builder.Services.AddGrpcReflection();
        builder.Services.AddGrpcHealthChecks();
        builder.Services.AddSingleton<HelloMetrics>().AddSingleton<GreetingCount>();
        builder.Services.AddHostedService<PortsAnnouncement>();

        var app = builder.Build();
        app.MapDefaultEndpoints();
        app.MapGrpcService<HelloDoor>();
        app.MapGrpcReflectionService();
        app.MapGrpcHealthChecksService();
        app.MapGet("/rooms/{id}", (string id) => $"room {id}");
        app.MapGet("/fails", string () => throw new InvalidOperationException("as you wished"));
        return await app.RunServiceAsync(args);
    }
}
