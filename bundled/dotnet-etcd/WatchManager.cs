using dotnet_etcd.interfaces;
using dotnet_etcd.Watching;
using Etcdserverpb;
using Grpc.Core;

namespace dotnet_etcd;

/// <summary>
/// All watches of a client share one stream. When it breaks, they go on at the revision behind what they have seen:
/// nothing is missed, nothing comes twice. A start revision that etcd has compacted away ends the watch with a
/// response that is Canceled and names CompactRevision. Callbacks run one after the other, off the stream.
/// </summary>
public class WatchManager : IWatchManager
{
    private static readonly TimeSpan AcknowledgeLimit = TimeSpan.FromSeconds(30);

    private readonly WatchHub _hub;

    public WatchManager(
        Func<Metadata?, DateTime?, CancellationToken, IAsyncDuplexStreamingCall<WatchRequest, WatchResponse>> watchStreamFactory)
    {
        ArgumentNullException.ThrowIfNull(watchStreamFactory);
        _hub = new WatchHub(watchStreamFactory);
    }

    /// <summary>
    /// Returns when etcd has acknowledged the watch: whatever is written from then on is seen. The deadline limits
    /// that wait only; the token ends the watch, as <see cref="CancelWatch"/> does.
    /// </summary>
    public async Task<long> WatchAsync(WatchRequest request, Action<WatchResponse> callback, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(callback);
        if (request?.CreateRequest is not { } create)
        {
            throw new ArgumentException("A watch needs a request with CreateRequest set.", nameof(request));
        }

        cancellationToken.ThrowIfCancellationRequested();
        var watch = _hub.Add(create, callback, headers);
        watch.CancelWith(cancellationToken, _hub.Cancel);
        try
        {
            var answer = await watch.Acknowledged.WaitAsync(LimitFor(deadline), cancellationToken).ConfigureAwait(false);
            return answer.Canceled
                ? throw new RpcException(new Status(StatusCode.FailedPrecondition, $"etcd refused the watch: {answer.CancelReason}"))
                : watch.Id;
        }
        catch (TimeoutException)
        {
            _hub.Cancel(watch.Id);
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, "etcd did not acknowledge the watch in time."));
        }
    }

    public Task<long> WatchAsync(string key, Action<WatchEvent> action, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        WatchAsync(WatchEvents.Key(key), ForEach(action), headers, deadline, cancellationToken);

    public Task<long> WatchAsync(string key, long startRevision, Action<WatchEvent> action, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        WatchAsync(WatchEvents.Key(key, startRevision), ForEach(action), headers, deadline, cancellationToken);

    public Task<long> WatchRangeAsync(string prefixKey, Action<WatchEvent> action, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        WatchAsync(WatchEvents.Prefix(prefixKey), ForEach(action), headers, deadline, cancellationToken);

    public Task<long> WatchRangeAsync(string prefixKey, long startRevision, Action<WatchEvent> action,
        Metadata? headers = null, DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        WatchAsync(WatchEvents.Prefix(prefixKey, startRevision), ForEach(action), headers, deadline, cancellationToken);

    public long Watch(WatchRequest request, Action<WatchResponse> callback, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        Wait(() => WatchAsync(request, callback, headers, deadline, cancellationToken));

    public long Watch(string key, Action<WatchEvent> action, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        Wait(() => WatchAsync(key, action, headers, deadline, cancellationToken));

    public long Watch(string key, long startRevision, Action<WatchEvent> action, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        Wait(() => WatchAsync(key, startRevision, action, headers, deadline, cancellationToken));

    public long WatchRange(string path, Action<WatchResponse> callback, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        Wait(() => WatchAsync(WatchEvents.Prefix(path), callback, headers, deadline, cancellationToken));

    public long WatchRange(string prefixKey, Action<WatchEvent> action, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        Wait(() => WatchRangeAsync(prefixKey, action, headers, deadline, cancellationToken));

    public long WatchRange(string prefixKey, long startRevision, Action<WatchEvent> action, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        Wait(() => WatchRangeAsync(prefixKey, startRevision, action, headers, deadline, cancellationToken));

    public void CancelWatch(long watchId)
    {
        ObjectDisposedException.ThrowIf(_hub.IsDisposed, this);
        _hub.Cancel(watchId);
    }

    public void Dispose()
    {
        _hub.Dispose();
        GC.SuppressFinalize(this);
    }

    private static TimeSpan LimitFor(DateTime? deadline)
    {
        var limit = deadline is { } end ? end.ToUniversalTime() - DateTime.UtcNow : AcknowledgeLimit;
        return limit > TimeSpan.Zero ? limit : TimeSpan.Zero;
    }

    private static Action<WatchResponse> ForEach(Action<WatchEvent> action) => response =>
    {
        foreach (var change in WatchEvents.From(response))
        {
            action(change);
        }
    };

    private static long Wait(Func<Task<long>> watch) => Task.Run(watch).GetAwaiter().GetResult();
}
