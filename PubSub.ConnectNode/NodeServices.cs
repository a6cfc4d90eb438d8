using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using PubSub.ConnectNode.Channels;
using PubSub.ConnectNode.Doors;
using PubSub.ConnectNode.Sessions;
using PubSub.ConnectNode.Sockets;
using PubSub.ConnectNode.Sockets.Deflate;
using PubSub.ConnectNode.Sockets.Lean;
using PubSub.ConnectNode.Sockets.Tls;
using PubSub.ConnectNode.Upstream;

namespace PubSub.ConnectNode;

/// <summary>What belongs together in the node's container.</summary>
internal static class NodeServices
{
    /// <summary>Sockets, sessions, channels and delivery; needs the uplinks: <see cref="IControllerUplink"/>, <see cref="IPushUplink"/>, <see cref="IDeviceUplink"/>.</summary>
    public static IServiceCollection AddNodeEngine(this IServiceCollection services)
    {
        services.AddSingleton<NodeMetrics>().AddSingleton<NodeStatus>().AddSingleton(static services => new OutboxGauge(services.GetRequiredService<IOptions<NodeOptions>>()));
        services.AddSingleton<SessionTable>().AddSingleton<SessionCommands>().AddSingleton<SessionEntry>().AddSingleton<ISessionRoster, SessionRoster>().AddSingleton<RoomEntry>().AddSingleton<Inbox>().AddSingleton<DeviceRegistration>();
        services.AddSingleton<LogicForward>();
        services.AddSingleton<ChannelTable>().AddSingleton<GapRepair>();
        services.AddSingleton<Deflation>().AddSingleton<WebSocketDoor>().AddSingleton<SessionFrames>().AddSingleton<IConnectionListenerFactory, LeanListenerFactory>().AddSingleton<AdmissionGate>().AddSingleton<TokenCheck>().AddSingleton<NodeCertificate>();
        services.AddHostedService<IdleSweep>().AddHostedService<BacklogGuard>().AddHostedService<StopSessions>().AddHostedService<HeapTrim>();
        return services;
    }

    public static void MapNode(this WebApplication app)
    {
        var door = app.Services.GetRequiredService<WebSocketDoor>();
        app.Map("/ws", door.HandleAsync);
        app.MapGet("/stats", StatsPage.Get);
        app.MapClientPage();
    }
}
