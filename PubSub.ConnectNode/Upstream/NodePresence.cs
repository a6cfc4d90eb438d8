using Grpc.Core;
using PubSub.Membership;
using PubSub.Protocol;

namespace PubSub.ConnectNode.Upstream;

/// <summary>
/// Keeps the controllers' knowledge of this node true: registers it as soon as etcd has its entry, sends heartbeats, and
/// announces everybody again whenever the controllers may have lost them.
/// </summary>
internal sealed partial class NodePresence(
    ServiceRegistration registration, ControllerUplink controllers, ISessionRoster roster, TimeProvider time,
    ILogger<NodePresence> logger) : BackgroundService
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(500);

    /// <summary>How soon it is noticed that changes could not be told, or that etcd has a new entry of ours.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(500);

    private readonly ILogger _logger = logger;
    private TimeSpan _heartbeat = TimeSpan.FromSeconds(10);
    private int _announcedRegistration;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var entry = await registration.WaitForEntryAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await EnterAsync(entry, stoppingToken);
                await StayAsync(entry, stoppingToken);
            }
            catch (RpcException failure)
            {
                LogControllersAway(failure.Status.Detail);
            }

            await Task.Delay(RetryPause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task EnterAsync(ServiceInstance entry, CancellationToken cancellationToken)
    {
        var registrations = registration.Status.Registrations;
        _heartbeat = await controllers.RegisterAsync(
            new RegisterNodeRequest
            {
                NodeId = entry.Id,
                Incarnation = entry.Incarnation,
                Address = entry.Address,
                GrpcPort = entry.GrpcPort,
                HttpPort = entry.HttpPort,
            },
            cancellationToken);
        if (await controllers.AnnounceAsync(cancellationToken))
            _announcedRegistration = registrations;
        else
            throw new RpcException(new Status(StatusCode.Unavailable, "the announcement of all sessions did not go through"));
        roster.Announced();
        LogEntered(entry.Id, entry.Incarnation);
    }

    /// <summary>Returns when the node has to enter again.</summary>
    private async Task StayAsync(ServiceInstance entry, CancellationToken cancellationToken)
    {
        var lastBeat = time.GetTimestamp();
        while (true)
        {
            await Task.Delay(LookAgain, time, cancellationToken);
            if (controllers.IsBehind || registration.Status.Registrations != _announcedRegistration)
                return;
            if (time.GetElapsedTime(lastBeat) < _heartbeat)
                continue;

            lastBeat = time.GetTimestamp();
            var reply = await controllers.HeartbeatAsync(
                new NodeHeartbeatRequest
                {
                    NodeId = entry.Id,
                    Incarnation = entry.Incarnation,
                    Connections = roster.Count,
                },
                cancellationToken);
            if (!reply.Known)
                return;
        }
    }

    [LoggerMessage(2511, LogLevel.Information, "Node {NodeId} (incarnation {Incarnation}) is known to the controllers")]
    private partial void LogEntered(string nodeId, long incarnation);

    [LoggerMessage(2512, LogLevel.Warning, "The controllers do not answer ({Why}); trying again")]
    private partial void LogControllersAway(string why);
}
