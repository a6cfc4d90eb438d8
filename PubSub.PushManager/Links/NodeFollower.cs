using PubSub.Membership;

namespace PubSub.PushManager.Links;

/// <summary>Tells the links which nodes live. While etcd is away, nothing changes.</summary>
internal sealed class NodeFollower([FromKeyedServices(ServiceKind.Node)] IMembership nodes, LinkTable links) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var snapshot in nodes.FollowAsync(stoppingToken))
        {
            if (snapshot.State is MembershipState.Following)
                await links.ApplyAsync([.. snapshot.Instances.Values.Select(static node => new NodeAddress(node.Id, node.Incarnation, node.GrpcAddress))]);
        }
    }
}
