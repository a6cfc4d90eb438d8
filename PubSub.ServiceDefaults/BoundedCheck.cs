using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace PubSub.ServiceDefaults;

/// <summary>Ends with its token, also where the check behind it does not look at the token.</summary>
internal sealed class BoundedCheck(IHealthCheck check) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        check.CheckHealthAsync(context, cancellationToken).WaitAsync(cancellationToken);
}
