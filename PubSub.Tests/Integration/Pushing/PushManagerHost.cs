using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PubSub.Membership;
using PubSub.Protocol;
using PubSub.Protocol.Compat.Broadcast;
using PubSub.PushManager;
using PubSub.PushManager.Doors;
using PubSub.PushManager.Jobs;
using PubSub.ServiceDefaults;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Pushing;

/// <summary>
/// A whole push manager inside the test, with real doors on free ports, over a real Redis. Only the membership is the
/// test's: nodes come and go by calls.
/// </summary>
internal sealed class PushManagerHost : IAsyncDisposable
{
    /// <summary>The warning that Redis keeps less than it could. Most tests use one that keeps nothing on disk.</summary>
    public const int WeakLogs = 3113;

    private readonly WebApplication _app;
    private readonly MemoryMembership _nodes;
    private readonly GrpcChannel _channel;
    private bool _isStopped;

    private PushManagerHost(WebApplication app, MemoryMembership nodes, UnexpectedLogs logs)
    {
        _app = app;
        _nodes = nodes;
        Logs = logs;
        var ports = app.Services.GetRequiredService<ServicePorts>();
        _channel = GrpcChannel.ForAddress($"http://127.0.0.1:{ports.Grpc}");
        GrpcAddress = new Uri($"http://127.0.0.1:{ports.Grpc}");
        Http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ports.Http}") };
        Metrics = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ports.Metrics}") };
        Push = new PushManagerService.PushManagerServiceClient(_channel);
        Compat = new PushServer.PushServerClient(_channel);
    }

    public PushManagerService.PushManagerServiceClient Push { get; }

    public PushServer.PushServerClient Compat { get; }

    public GrpcChannel Channel => _channel;

    public Uri GrpcAddress { get; }

    public HttpClient Http { get; }

    public HttpClient Metrics { get; }

    public UnexpectedLogs Logs { get; }

    public MemoryMembership Nodes => _nodes;

    public IServiceProvider Services => _app.Services;

    public static async Task<PushManagerHost> StartAsync(string redis, FakeController controller, params string[] settings)
    {
        var logs = new UnexpectedLogs(WeakLogs);
        var builder = WebApplication.CreateBuilder(
        [
            "--GRPC_PORT=0", "--HTTP_PORT=0", "--METRICS_PORT=0", $"--REDIS_CONNECTION={redis}",
            $"--CONTROLLER_ADDRESS=127.0.0.1:{controller.Port}",
            // The push log of a shared Redis is nobody's, unless the test says so.
            "--JOB_WORKERS=0", .. settings,
        ]);
        builder.AddServiceDefaults("push-manager", service =>
        {
            (service.GrpcPort, service.HttpPort, service.MetricsPort) = (50053, 8070, 9093);
            (service.InstanceIdVariable, service.InstanceId) = ("MANAGER_ID", "push-manager-1");
        });
        builder.Logging.ClearProviders().AddProvider(logs);

        var nodes = new MemoryMembership(ServiceKind.Node);
        builder.Services.AddKeyedSingleton<IMembership>(ServiceKind.Node, nodes);
        builder.Services.AddKeyedSingleton<IMembership>(ServiceKind.Controller, new MemoryMembership(ServiceKind.Controller));
        builder.AddDoors();
        builder.AddPublishing();
        builder.AddChannelLog();
        builder.AddResolving();
        builder.AddLinks();
        builder.AddJobs();

        var app = builder.Build();
        app.MapDefaultEndpoints();
        app.MapDoors();
        await app.StartAsync();
        return new PushManagerHost(app, nodes, logs);
    }

    /// <summary>The node appears in the membership; returns once its link's stream is open.</summary>
    public async Task<NodeIdentity> LinkAsync(FakeNode node)
    {
        var before = node.Streams;
        var identity = Announce(node);
        await Wait.UntilAsync(() => node.Streams > before, $"a stream to {node.Id}");
        return identity;
    }

    public NodeIdentity Announce(FakeNode node)
    {
        var instance = _nodes.Join(node.Id, "127.0.0.1", node.Port);
        return new NodeIdentity { NodeId = instance.Id, Incarnation = instance.Incarnation };
    }

    /// <summary>As SIGTERM: the doors close, then everything accepted is delivered.</summary>
    public async Task StopAsync()
    {
        _isStopped = true;
        _channel.Dispose();
        await _app.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        Metrics.Dispose();
        if (!_isStopped)
            await StopAsync();
        await _app.DisposeAsync();
    }
}
