using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Orchestration;

/// <summary>Starts all resources in the order of what they wait for, and stops them in the opposite one.</summary>
internal sealed class Orchestrator(
    IServiceProvider services, DistributedApplicationModel model, IConfiguration configuration, IHostEnvironment environment,
    TimeProvider time, Ports ports, RunFolder folder, DashboardHost dashboard) : IAsyncDisposable, IProgress<string>
{
    private static readonly TimeSpan TellAfter = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource<bool> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<ResourceRun> _runs = [];
    private long _began;
    private bool _disposed;

    /// <summary>Where a person watches; nobody does in tests.</summary>
    public Screen? Screen { get; set; }

    public string ApplicationName => environment.ApplicationName;

    public IReadOnlyList<ResourceRun> Runs => _runs;

    public ResourceNotificationService Notifications { get; } = services.GetRequiredService<ResourceNotificationService>();

    public void Report(string value) => Screen?.Say(value);

    /// <summary>All that can go wrong for the whole: ports, the dashboard.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        _began = time.GetTimestamp();
        foreach (var project in model.Resources.Where(resource => resource.GetReplicaCount() > 1))
        {
            throw new DistributedApplicationException(
                $"'{project.Name}' has {project.GetReplicaCount()} replicas; without the real Aspire each one is a resource of its own: add them in a loop.");
        }

        ports.Allocate(model.Resources.Where(resource => !IsTakenByDashboard(resource)));
        await dashboard.StartAsync(this, cancellationToken);
        foreach (var resource in model.Resources.Where(IsTakenByDashboard))
            dashboard.StandInFor(resource);

        var shared = new RunServices(
            services,
            Notifications,
            services.GetRequiredService<ResourceLoggerService>(),
            services.GetRequiredService<IDistributedApplicationEventing>(),
            services.GetRequiredService<HealthCheckService>(),
            services.GetRequiredService<Launcher>(),
            time,
            this,
            message => _failed.TrySetException(new DistributedApplicationException(message)),
            TimeSpan.FromSeconds(configuration.GetValue("AppHost:StartTimeoutSeconds", 60)));
        _runs.AddRange(model.Resources.Where(CanStart).Select(resource => new ResourceRun(resource, shared)));
        foreach (var run in _runs)
            run.Log.KeepIn(folder.LogFile(run.Resource.Name));
    }

    public void Start()
    {
        foreach (var parameter in model.Resources.Where(resource => !CanStart(resource)))
        {
            // Nothing to start, so nobody has to wait for it.
            _ = Notifications.PublishUpdateAsync(
                parameter, now => now with { State = KnownResourceStates.Running, HealthStatus = HealthStatus.Healthy });
        }

        foreach (var run in _runs)
            run.Start();
    }

    /// <summary>Returns when all run and are healthy, and tells the person so.</summary>
    public async Task WaitUntilHealthyAsync(CancellationToken cancellationToken)
    {
        var healthy = Task.WhenAll(_runs.Where(run => run.IsWanted).Select(run =>
            Notifications.WaitForResourceHealthyAsync(run.Resource.Name, WaitBehavior.WaitOnResourceUnavailable, cancellationToken)));
        while (true)
        {
            using var tell = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var done = await Task.WhenAny(healthy, _failed.Task, Task.Delay(TellAfter, time, tell.Token));
            await tell.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
            if (done == healthy || done == _failed.Task)
            {
                await done;
                break;
            }

            var waiting = _runs.Where(run => run.State.Snapshot?.HealthStatus != HealthStatus.Healthy).Select(run => run.Resource.Name);
            Report($"Waiting for {string.Join(", ", waiting)} ...");
        }

        Screen?.ShowTable(ApplicationName, time.GetElapsedTime(_began), _runs, dashboard.LoginUrl);
    }

    public Task<string?> CommandAsync(string resource, string command, CancellationToken cancellationToken)
    {
        var run = _runs.SingleOrDefault(one => one.Resource.Name.Equals(resource, StringComparison.OrdinalIgnoreCase));
        string[] known = [KnownResourceCommands.StartCommand, KnownResourceCommands.StopCommand, KnownResourceCommands.RestartCommand];
        return run is null ? Task.FromResult<string?>($"There is no resource '{resource}' that can be started or stopped.")
            : !known.Contains(command) ? Task.FromResult<string?>($"'{command}' is not a command; there are {string.Join(", ", known)}.")
            : run.CommandAsync(command, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;

        var stops = new Dictionary<ResourceRun, Task>();
        await ToldAsync(Task.WhenAll(_runs.Select(StopAfterDependents)));
        await dashboard.DisposeAsync();
        foreach (var run in _runs)
            run.Log.Dispose();

        // Those that nothing waits for stop first, all at once; what they waited for as soon as the last of them is gone.
        Task StopAfterDependents(ResourceRun run) =>
            stops.TryGetValue(run, out var known) ? known : stops[run] = StopAsync(run);

        async Task StopAsync(ResourceRun run)
        {
            await Task.WhenAll(_runs.Where(one => one.Dependencies.Include(run.Resource)).Select(StopAfterDependents).ToArray());
            await run.DisposeAsync();
        }

        async Task ToldAsync(Task all)
        {
            while (await Task.WhenAny(all, Task.Delay(TellAfter, time)) != all)
                Report($"Waiting for {string.Join(", ", _runs.Where(run => run.ProcessId is not null).Select(run => run.Resource.Name))} to end ...");
            await all;
        }
    }

    private static bool CanStart(IResource resource) => resource is ProjectResource or ContainerResource or ExecutableResource;

    private static bool IsTakenByDashboard(IResource resource) => resource is ContainerResource container && LocalPrograms.IsTelemetry(container);
}
