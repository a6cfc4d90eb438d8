using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Orchestration;

/// <summary>Asks for one resource's health: often until it is healthy, seldom while it stays so.</summary>
internal sealed class HealthWatch(IResource resource, HealthCheckService checks)
{
    private static readonly TimeSpan WhileStarting = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan WhileUnhealthy = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WhileHealthy = TimeSpan.FromSeconds(5);

    private readonly HashSet<string> _keys = [.. resource.Annotations.OfType<HealthCheckAnnotation>().Select(check => check.Key)];

    /// <summary>Hears every answer; a resource without checks is healthy as soon as it runs.</summary>
    public async Task RunAsync(Func<HealthReport, Task> onReport, CancellationToken cancellationToken)
    {
        var wasHealthy = false;
        while (true)
        {
            var report = await checks.CheckHealthAsync(check => _keys.Contains(check.Name), cancellationToken);
            await onReport(report);
            if (_keys.Count == 0)
                return;

            var healthy = report.Status == HealthStatus.Healthy;
            wasHealthy |= healthy;
            await Task.Delay(
                healthy ? WhileHealthy : wasHealthy ? WhileUnhealthy : WhileStarting, TimeProvider.System, cancellationToken);
        }
    }
}
