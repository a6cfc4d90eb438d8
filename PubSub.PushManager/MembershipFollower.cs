using PubSub.Membership;
using PubSub.PushManager.Links;
using PubSub.PushManager.Resolving;

namespace PubSub.PushManager;

/// <summary>Hands on who lives: nodes to the links, controllers to the resolver. While etcd is away, nothing changes.</summary>
internal sealed class MembershipFollower(
    [FromKeyedServices(ServiceKind.Node)] IMembership nodes,
    [FromKeyedServices(ServiceKind.Controller)] IMembership controllers,
    LinkTable links,
    ControllerPool pool) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(FollowNodesAsync(stoppingToken), FollowControllersAsync(stoppingToken));

    private async Task FollowNodesAsync(CancellationToken stoppingToken)
    {
        await foreach (var snapshot in nodes.FollowAsync(stoppingToken))
        {
            if (snapshot.State is MembershipState.Following)
                await links.ApplyAsync([.. snapshot.Instances.Values.Select(ToAddress)]);
        }
    }

    private async Task FollowControllersAsync(CancellationToken stoppingToken)
    {
        await foreach (var snapshot in controllers.FollowAsync(stoppingToken))
        {
            if (snapshot.State is MembershipState.Following)
                pool.Discover(snapshot.Instances.Values.Select(instance => instance.GrpcAddress));
        }
    }

    private static NodeAddress ToAddress(ServiceInstance node) => new(node.Id, node.Incarnation, node.GrpcAddress);
}
