using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Orchestration;

/// <summary>
/// One resource's health over all its starts: tells everybody each change of it, and ends a first start that does not
/// become healthy in time.
/// </summary>
internal sealed class ResourceHealth(IResource resource, ResourceState state, RunServices services)
{
    private volatile bool _wasHealthy;

    /// <summary>It was healthy once, so the set-up is right.</summary>
    public bool WasHealthy => _wasHealthy;

    /// <summary>It was started again after a crash, so that a person wants to know when it is back.</summary>
    public bool IsAwaited { get; set; }

    /// <summary>For what runs elsewhere and is not asked.</summary>
    public void Assume() => _wasHealthy = true;

    /// <param name="process">Ended by <paramref name="end"/> when it is not healthy in time.</param>
    /// <param name="end">Ends the process.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <returns>Why the process was ended, if it was.</returns>
    public async Task<string?> WatchAsync(ResourceProcess process, Func<ResourceProcess, Task> end, CancellationToken cancellationToken)
    {
        var began = services.Time.GetTimestamp();
        string? fault = null;
        try
        {
            await new HealthWatch(resource, services.HealthChecks).RunAsync(
                async report =>
                {
                    await OnReportAsync(report);
                    if (!_wasHealthy && services.Time.GetElapsedTime(began) > services.StartTimeout)
                    {
                        fault = $"{resource.Name} runs, but is not healthy after {services.StartTimeout.TotalSeconds:0} s: {Describe(report)}";
                        await end(process);
                    }
                },
                cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }

        return fault;
    }

    private async Task OnReportAsync(HealthReport report)
    {
        if (state.Snapshot?.HealthStatus == report.Status)
            return;
        var first = !_wasHealthy && report.Status == HealthStatus.Healthy;
        _wasHealthy |= first;
        state.Change(now => now with
        {
            HealthStatus = report.Status,
            HealthReports = [.. report.Entries.Select(entry => new HealthReportSnapshot(
                entry.Key, entry.Value.Status, entry.Value.Description, entry.Value.Exception?.ToString()))],
        });
        if (first)
            await services.Eventing.PublishAsync(new ResourceReadyEvent(resource, services.Services));
        else if (report.Status == HealthStatus.Healthy && IsAwaited)
            services.Progress.Report($"{resource.Name} is healthy again.");
    }

    private static string Describe(HealthReport report) =>
        string.Join("; ", report.Entries.Values.Select(entry => entry.Description ?? entry.Exception?.Message ?? entry.Status.ToString()));
}
