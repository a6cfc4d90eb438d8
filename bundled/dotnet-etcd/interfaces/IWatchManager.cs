using Etcdserverpb;
using Grpc.Core;

namespace dotnet_etcd.interfaces;

/// <summary>All watches of a client. Each call gives the id that <see cref="CancelWatch"/> takes.</summary>
public interface IWatchManager : IDisposable
{
    long Watch(WatchRequest request, Action<WatchResponse> callback, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    long Watch(string key, Action<WatchEvent> action, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    long Watch(string key, long startRevision, Action<WatchEvent> action, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    long WatchRange(string path, Action<WatchResponse> callback, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    long WatchRange(string prefixKey, Action<WatchEvent> action, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    long WatchRange(string prefixKey, long startRevision, Action<WatchEvent> action, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    Task<long> WatchAsync(WatchRequest request, Action<WatchResponse> callback, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    Task<long> WatchAsync(string key, Action<WatchEvent> action, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    Task<long> WatchAsync(string key, long startRevision, Action<WatchEvent> action, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    Task<long> WatchRangeAsync(string prefixKey, Action<WatchEvent> action, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    Task<long> WatchRangeAsync(string prefixKey, long startRevision, Action<WatchEvent> action,
        Metadata? headers = null, DateTime? deadline = null, CancellationToken cancellationToken = default);

    void CancelWatch(long watchId);
}
