using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The states of all resources, and waiting for one of them.</summary>
public class ResourceNotificationService : IDisposable
{
    private readonly ConcurrentDictionary<string, ResourceEvent> _current = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<Channel<ResourceEvent>, bool> _watchers = [];
    private readonly Lock _publishing = new();
    private readonly CancellationTokenSource _stopped = new();

    internal ResourceNotificationService(IHostApplicationLifetime lifetime) =>
        lifetime.ApplicationStopped.Register(_stopped.Cancel);

    public Task PublishUpdateAsync(IResource resource, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        // The order in which watchers hear of changes is the order in which they happened.
        lock (_publishing)
        {
            var before = _current.TryGetValue(resource.Name, out var known) ? known.Snapshot : First(resource);
            var happened = new ResourceEvent(resource, resource.Name, stateFactory(before));
            _current[resource.Name] = happened;
            foreach (var watcher in _watchers.Keys)
                watcher.Writer.TryWrite(happened);
        }

        return Task.CompletedTask;
    }

    public bool TryGetCurrentState(string resourceId, [NotNullWhen(true)] out ResourceEvent? resourceEvent) =>
        _current.TryGetValue(resourceId, out resourceEvent);

    /// <summary>What is known now of each resource, then every change.</summary>
    public async IAsyncEnumerable<ResourceEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopped.Token);
        var channel = Channel.CreateUnbounded<ResourceEvent>();
        lock (_publishing)
        {
            foreach (var known in _current.Values)
                channel.Writer.TryWrite(known);
            _watchers[channel] = true;
        }

        try
        {
            await foreach (var happened in channel.Reader.ReadAllAsync(ends.Token))
                yield return happened;
        }
        finally
        {
            _watchers.TryRemove(channel, out _);
        }
    }

    public Task WaitForResourceAsync(string resourceName, string? targetState = null, CancellationToken cancellationToken = default) =>
        WaitForResourceAsync(resourceName, [targetState ?? KnownResourceStates.Running], cancellationToken);

    public async Task<string> WaitForResourceAsync(
        string resourceName, IEnumerable<string> targetStates, CancellationToken cancellationToken = default)
    {
        var wanted = targetStates.ToArray();
        var happened = await WaitForResourceAsync(
            resourceName, one => one.Snapshot.State is { } state && wanted.Contains(state.Text), cancellationToken);
        return happened.Snapshot.State!.Text;
    }

    public async Task<ResourceEvent> WaitForResourceAsync(
        string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default)
    {
        await foreach (var happened in WatchAsync(cancellationToken))
        {
            if (happened.Resource.Name.Equals(resourceName, StringComparison.OrdinalIgnoreCase) && predicate(happened))
                return happened;
        }

        throw new OperationCanceledException($"The application stopped before '{resourceName}' was in the state that was waited for.");
    }

    public Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default) =>
        WaitForResourceHealthyAsync(resourceName, WaitBehavior.StopOnResourceUnavailable, cancellationToken);

    public async Task<ResourceEvent> WaitForResourceHealthyAsync(
        string resourceName, WaitBehavior waitBehavior, CancellationToken cancellationToken = default)
    {
        var happened = await WaitForResourceAsync(
            resourceName,
            one => IsHealthy(one) || (waitBehavior == WaitBehavior.StopOnResourceUnavailable
                && one.Snapshot.State?.Text == KnownResourceStates.FailedToStart),
            cancellationToken);
        return IsHealthy(happened) ? happened
            : throw new DistributedApplicationException($"Stopped waiting for '{resourceName}' to be healthy: it failed to start.");
    }

    public void Dispose()
    {
        _stopped.Cancel();
        _stopped.Dispose();
        GC.SuppressFinalize(this);
    }

    private static bool IsHealthy(ResourceEvent happened) => happened.Snapshot.HealthStatus == HealthStatus.Healthy;

    private static CustomResourceSnapshot First(IResource resource) => new()
    {
        ResourceType = resource switch
        {
            ProjectResource => "Project",
            ContainerResource => "Container",
            ParameterResource => "Parameter",
            _ => "Executable",
        },
        Properties = [],
        CreationTimeStamp = TimeProvider.System.GetUtcNow().UtcDateTime,
        State = KnownResourceStates.NotStarted,
    };
}
