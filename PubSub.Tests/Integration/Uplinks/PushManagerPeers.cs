using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using PubSub.ConnectNode.Upstream;
using PubSub.Membership;
using PubSub.Membership.Peers;
using PubSub.Protocol;

namespace PubSub.Tests.Integration.Uplinks;

/// <summary>Two push managers that record, as a node finds them.</summary>
internal sealed class PushManagerPeers<TService> : IAsyncDisposable
    where TService : class, new()
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    private PushManagerPeers() => Metrics = new UplinkMetrics(_services.GetRequiredService<IMeterFactory>());

    public List<TService> Managers { get; } = [new(), new()];

    public List<GrpcHost<TService>> Hosts { get; } = [];

    public MemoryMembership Membership { get; } = new(ServiceKind.PushManager);

    public PeerTable<PushManagerService.PushManagerServiceClient> Peers { get; private set; } = null!;

    public UplinkMetrics Metrics { get; }

    public static async Task<PushManagerPeers<TService>> StartAsync()
    {
        var peers = new PushManagerPeers<TService>();
        foreach (var manager in peers.Managers)
        {
            peers.Hosts.Add(await new GrpcHost<TService>(manager).StartAsync());
            peers.Membership.Join($"push-manager-{peers.Hosts.Count}", "127.0.0.1", peers.Hosts[^1].Port);
        }

        peers.Peers = new PeerTable<PushManagerService.PushManagerServiceClient>(
            [], peers.Membership, invoker => new PushManagerService.PushManagerServiceClient(invoker), NullLoggerFactory.Instance);
        return peers;
    }

    public async ValueTask DisposeAsync()
    {
        await Peers.DisposeAsync();
        foreach (var host in Hosts)
            await host.DisposeAsync();
        await _services.DisposeAsync();
    }
}
