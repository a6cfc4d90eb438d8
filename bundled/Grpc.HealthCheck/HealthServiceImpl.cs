using Grpc.Core;
using Grpc.Health.V1;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Grpc.HealthCheck;

/// <summary>
/// The health service over statuses that the application sets. Meant as a singleton: watchers hear of changes that are
/// made through the same object.
/// </summary>
public class HealthServiceImpl : Health.V1.Health.HealthBase
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ServingStatus> _statuses = [];
    private readonly Dictionary<string, HashSet<StatusFeed>> _feeds = [];

    /// <summary>Sets what a service reports; watchers hear of it if it is a change.</summary>
    public void SetStatus(string service, ServingStatus status)
    {
        ArgumentNullException.ThrowIfNull(service);
        lock (_lock)
        {
            var before = CurrentLocked(service);
            _statuses[service] = status;
            NotifyLocked(service, before);
        }
    }

    /// <summary>Forgets a service: it is unknown from now on.</summary>
    public void ClearStatus(string service)
    {
        ArgumentNullException.ThrowIfNull(service);
        lock (_lock)
        {
            ClearLocked(service);
        }
    }

    /// <summary>Forgets all services.</summary>
    public void ClearAll()
    {
        lock (_lock)
        {
            foreach (var service in _statuses.Keys.ToArray())
            {
                ClearLocked(service);
            }
        }
    }

    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        lock (_lock)
        {
            return _statuses.TryGetValue(request.Service, out var status)
                ? Task.FromResult(new HealthCheckResponse { Status = status })
                : throw new RpcException(new Status(StatusCode.NotFound, $"Unknown service '{request.Service}'."));
        }
    }

    public override async Task Watch(
        HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        if (context.CancellationToken.IsCancellationRequested)
        {
            return;
        }

        var feed = Join(request.Service);
        try
        {
            await foreach (var status in feed.ReadAll(context.CancellationToken).ConfigureAwait(false))
            {
                await responseStream.WriteAsync(new HealthCheckResponse { Status = status }).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            // The normal end of a watch: the caller has had enough, or the server stops.
        }
        finally
        {
            Leave(request.Service, feed);
        }
    }

    /// <summary>Starts a feed with the current status, so that no change falls between the two.</summary>
    private StatusFeed Join(string service)
    {
        var feed = new StatusFeed();
        lock (_lock)
        {
            feed.Offer(CurrentLocked(service));
            if (!_feeds.TryGetValue(service, out var feeds))
            {
                _feeds[service] = feeds = [];
            }

            feeds.Add(feed);
        }

        return feed;
    }

    private void Leave(string service, StatusFeed feed)
    {
        lock (_lock)
        {
            var feeds = _feeds[service];
            feeds.Remove(feed);
            if (feeds.Count == 0)
            {
                _feeds.Remove(service);
            }
        }
    }

    private ServingStatus CurrentLocked(string service) =>
        _statuses.GetValueOrDefault(service, ServingStatus.ServiceUnknown);

    private void ClearLocked(string service)
    {
        var before = CurrentLocked(service);
        _statuses.Remove(service);
        NotifyLocked(service, before);
    }

    private void NotifyLocked(string service, ServingStatus before)
    {
        var now = CurrentLocked(service);
        if (now != before && _feeds.TryGetValue(service, out var feeds))
        {
            foreach (var feed in feeds)
            {
                feed.Offer(now);
            }
        }
    }
}
