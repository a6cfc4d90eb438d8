using PubSub.Membership;

namespace PubSub.Controller.Nodes;

/// <summary>
/// Follows the nodes' leases in etcd and tells the sweep whose ended. A node without a lease (one that a tool
/// registered) never joins here, so it can never leave: its heartbeats alone count.
/// </summary>
internal sealed class NodeLeases(
    [FromKeyedServices(ServiceKind.Node)] IMembership membership, NodeSweep sweep) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var known = MembershipSnapshot.Unknown(ServiceKind.Node);
        await foreach (var snapshot in membership.FollowAsync(stoppingToken))
        {
            var changes = snapshot.ChangesSince(known);
            foreach (var left in changes.Left)
                sweep.LeaseEnded(left.Id, left.Incarnation);
            foreach (var changed in changes.Changed)
            {
                var former = known.Instances[changed.Id].Incarnation;
                if (former != changed.Incarnation)
                    sweep.LeaseEnded(changed.Id, former);
            }

            known = snapshot;
        }
    }
}
