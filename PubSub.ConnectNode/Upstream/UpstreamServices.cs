using Microsoft.Extensions.Options;
using PubSub.Membership;
using PubSub.Membership.Peers;
using PubSub.Protocol;
using PubSub.ServiceDefaults;

namespace PubSub.ConnectNode.Upstream;

internal static class UpstreamServices
{
    /// <summary>The ways to controllers and push managers. Needs an <see cref="ISessionRoster"/> and the membership of both kinds.</summary>
    public static void AddUpstream(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<UpstreamOptions>(UpstreamOptions.Section, static options => options.Faults());
        builder.AddValidatedOptions<LogicForwardOptions>(LogicForwardOptions.Section);
        var services = builder.Services;
        services.AddSingleton<UplinkMetrics>();
        services.AddSingleton(provider => new PeerTable<ControllerService.ControllerServiceClient>(
            Addresses(Options(provider).Controllers),
            provider.GetRequiredKeyedService<IMembership>(ServiceKind.Controller),
            invoker => new ControllerService.ControllerServiceClient(invoker),
            provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton(provider => new PeerTable<PushManagerService.PushManagerServiceClient>(
            Addresses(Options(provider).PushManagers),
            provider.GetRequiredKeyedService<IMembership>(ServiceKind.PushManager),
            invoker => new PushManagerService.PushManagerServiceClient(invoker),
            provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<ControllerUplink>();
        services.AddSingleton<IControllerUplink>(provider => provider.GetRequiredService<ControllerUplink>());
        services.AddSingleton<IPushUplink, PushUplink>();
        services.AddSingleton<IDeviceUplink, DeviceUplink>();
        services.AddHostedService<NodePresence>();
        services.AddHealthChecks().AddCheck<PresenceCheck>("controllers");
    }

    private static UpstreamOptions Options(IServiceProvider provider) =>
        provider.GetRequiredService<IOptions<UpstreamOptions>>().Value;

    private static IEnumerable<Uri> Addresses(IEnumerable<string> addresses) =>
        addresses.Select(address => ServiceAddress.Parse(address)!);
}
