using Aspire.Dashboard;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>What the dashboard sees of the runs.</summary>
internal sealed class DashboardResources : IDashboardResources, IDisposable
{
    private readonly Orchestrator _orchestrator;
    private readonly CancellationTokenSource _ends = new();
    private readonly Lazy<Task> _watch;
    private Action? _changed;

    public DashboardResources(Orchestrator orchestrator)
    {
        _orchestrator = orchestrator;
        _watch = new Lazy<Task>(() => Task.Run(WatchAsync));
    }

    public event Action? Changed
    {
        add
        {
            _changed += value;
            _ = _watch.Value;
        }
        remove => _changed -= value;
    }

    public string ApplicationName => _orchestrator.ApplicationName;

    public IReadOnlyList<DashboardResource> Snapshot() => [.. _orchestrator.Runs.Select(Describe)];

    public IAsyncEnumerable<DashboardLogLine> LogsAsync(string resource, CancellationToken cancellationToken) =>
        Find(resource)?.Log.WatchAsync(cancellationToken) ?? AsyncEnumerable.Empty<DashboardLogLine>();

    public Task<string?> RunCommandAsync(string resource, string command, CancellationToken cancellationToken) =>
        _orchestrator.CommandAsync(resource, command, cancellationToken);

    public void Dispose()
    {
        _ends.Cancel();
        _ends.Dispose();
    }

    private static DashboardResource Describe(ResourceRun run)
    {
        var now = run.State.Snapshot;
        var variables = run.Plan?.Variables ?? [];
        var state = now?.State?.Text ?? KnownResourceStates.NotStarted;
        return new DashboardResource(
            run.Resource.Name,
            now?.ResourceType ?? "Executable",
            state,
            now?.HealthStatus?.ToString(),
            now is null ? null : string.Join("; ", now.HealthReports.Select(report => report.Description).OfType<string>()),
            run.ProcessId,
            now?.StartTimeStamp is { } started ? new DateTimeOffset(started, TimeSpan.Zero) : null,
            run.Restarts,
            now?.ExitCode,
            run.Plan?.Source ?? "",
            [.. run.Resource.Annotations.OfType<EndpointAnnotation>().Where(endpoint => endpoint.AllocatedEndpoint is not null)
                .Select(endpoint => new DashboardEndpoint(endpoint.Name, endpoint.AllocatedEndpoint!.UriString))],
            [.. variables.Select(one => new DashboardVariable(one.Name, one.Value, one.IsSecret))],
            run.IsWanted
                ? [KnownResourceCommands.StopCommand, KnownResourceCommands.RestartCommand]
                : [KnownResourceCommands.StartCommand],
            variables.FirstOrDefault(one => one.Name == "OTEL_SERVICE_NAME").Value);
    }

    private ResourceRun? Find(string resource) => _orchestrator.Runs.FirstOrDefault(run => run.Resource.Name == resource);

    private async Task WatchAsync()
    {
        try
        {
            await foreach (var _ in _orchestrator.Notifications.WatchAsync(_ends.Token))
                _changed?.Invoke();
        }
        catch (OperationCanceledException)
        {
        }
    }
}
