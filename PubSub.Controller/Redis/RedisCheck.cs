using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace PubSub.Controller.Redis;

/// <summary>Without Redis the controller lives, but can answer nothing.</summary>
internal sealed class RedisCheck(RedisStore redis) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await redis.AskAsync("ping", database => database.PingAsync());
            return HealthCheckResult.Healthy();
        }
        catch (RedisAwayException away)
        {
            return HealthCheckResult.Unhealthy(away.Message);
        }
    }
}
