using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace PubSub.ConnectNode.Upstream;

/// <summary>
/// A node that no controller has met yet would refuse its first clients, so it is not ready. One that loses the
/// controllers later stays ready: whoever is connected is served, and sending everybody elsewhere would help nobody.
/// </summary>
internal sealed class PresenceCheck(ControllerUplink controllers) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult((controllers.IsRegistered, controllers.IsBehind) switch
        {
            (false, _) => HealthCheckResult.Unhealthy("no controller knows this node yet: does one run at CONTROLLER_ADDRESS or in etcd?"),
            (_, true) => HealthCheckResult.Degraded("changes of sessions wait for a controller"),
            _ => HealthCheckResult.Healthy(),
        });
}
