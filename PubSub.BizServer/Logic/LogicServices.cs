using Microsoft.Extensions.Options;
using PubSub.BizServer.PushLog;
using PubSub.Client.Publishing;
using PubSub.Membership;
using PubSub.ServiceDefaults;

namespace PubSub.BizServer.Logic;

internal static class LogicServices
{
    public static void AddLogic(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<LogicOptions>(LogicOptions.Section, static options => options.Faults());
        builder.Services.AddProblemDetails();
        builder.Services.AddSingleton<LogicMetrics>();
        builder.Services.AddSingleton<SendDoor>();
        builder.AddPushLog();
        builder.Services.AddSingleton(static services =>
        {
            var options = services.GetRequiredService<IOptions<LogicOptions>>().Value;
            return new PushPublisher(
                options.PushManagers.Select(ServiceAddress.Parse).OfType<Uri>(),
                new PushPublisherOptions { Timeout = TimeSpan.FromMilliseconds(options.TimeoutMs) });
        });
        builder.Services.AddSingleton<ISendPath>(static services => IsDirect(services)
            ? ActivatorUtilities.CreateInstance<DirectPath>(services)
            : ActivatorUtilities.CreateInstance<PushLogPath>(services));
        builder.Services.AddSingleton<IHostedService>(static services => IsDirect(services)
            ? ActivatorUtilities.CreateInstance<PushManagerFollower>(services)
            : ActivatorUtilities.CreateInstance<PushLogCheck>(services));
    }

    public static void MapLogic(this WebApplication app) =>
        app.MapPost("/logic/send", (HttpContext http, SendDoor door, CancellationToken _) => door.SendAsync(http));

    private static bool IsDirect(IServiceProvider services) =>
        services.GetRequiredService<IOptions<LogicOptions>>().Value.Path == DirectPath.PathName;
}

/// <summary>Gives the publisher the push managers that live, instead of those that are configured.</summary>
internal sealed class PushManagerFollower(
    [FromKeyedServices(ServiceKind.PushManager)] IMembership managers, PushPublisher publisher, IOptions<LogicOptions> options)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Uri[] configured = [.. options.Value.PushManagers.Select(ServiceAddress.Parse).OfType<Uri>()];
        await foreach (var snapshot in managers.FollowAsync(stoppingToken))
        {
            // Those that live are enough; what is configured is for the time in which nobody knows who does.
            if (snapshot.State is MembershipState.Following)
                publisher.SetAddresses(snapshot.Instances.IsEmpty ? configured : snapshot.Instances.Values.Select(one => one.GrpcAddress));
        }
    }
}
