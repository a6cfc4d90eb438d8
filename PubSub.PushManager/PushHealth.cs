using Microsoft.Extensions.Diagnostics.HealthChecks;
using PubSub.PushManager.Log;
using PubSub.PushManager.Resolving;

namespace PubSub.PushManager;

/// <summary>Unhealthy while pushes are refused because of what we depend on.</summary>
internal sealed class PushHealth(ChannelLog log, NodeResolver resolver) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (log.IsAway || !await log.AnswersAsync())
            return HealthCheckResult.Unhealthy("Redis is away: pushes to logged channels are refused.");
        return resolver.IsAway
            ? HealthCheckResult.Unhealthy("No controller answers: pushes to rooms and users are refused.")
            : HealthCheckResult.Healthy();
    }
}
