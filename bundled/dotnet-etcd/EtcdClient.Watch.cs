using dotnet_etcd.Watching;
using Etcdserverpb;
using Grpc.Core;

namespace dotnet_etcd;

public partial class EtcdClient
{
    public void CancelWatch(long watchId) => _watchManager.CancelWatch(watchId);

    public void CancelWatch(long[] watchIds)
    {
        foreach (var id in watchIds)
        {
            CancelWatch(id);
        }
    }

    // Requests

    public void Watch(WatchRequest request, Action<WatchResponse> method, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        _watchManager.Watch(request, method, headers, deadline, cancellationToken);

    public void Watch(WatchRequest request, Action<WatchResponse>[] methods, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        Watch([request], methods, headers, deadline, cancellationToken);

    public void Watch(WatchRequest[] requests, Action<WatchResponse>[] methods, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default)
    {
        foreach (var (request, method) in Pairs(requests, methods))
        {
            _watchManager.Watch(request, method, headers, deadline, cancellationToken);
        }
    }

    public void Watch(WatchRequest[] requests, Action<WatchEvent[]>[] methods, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        Watch(requests, [.. methods.Select(AsEvents)], headers, deadline, cancellationToken);

    public Task<long> WatchAsync(WatchRequest request, Action<WatchResponse> method, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        _watchManager.WatchAsync(request, method, headers, deadline, cancellationToken);

    public Task<long> WatchAsync(WatchRequest request, Action<WatchResponse>[] methods, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        WatchAsync(request, Each(methods), headers, deadline, cancellationToken);

    public Task WatchAsync(WatchRequest request, Action<WatchEvent[]> method, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        WatchAsync(request, AsEvents(method), headers, deadline, cancellationToken);

    public Task WatchAsync(WatchRequest request, Action<WatchEvent[]>[] methods, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        WatchAsync(request, AsEvents(Each(methods)), headers, deadline, cancellationToken);

    public Task<long[]> WatchAsync(WatchRequest[] requests, Action<WatchResponse> method, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        WatchAsync(requests, [.. requests.Select(_ => method)], headers, deadline, cancellationToken);

    public async Task<long[]> WatchAsync(WatchRequest[] requests, Action<WatchResponse>[] methods,
        Metadata? headers = null, DateTime? deadline = null, CancellationToken cancellationToken = default)
    {
        var ids = new List<long>();
        foreach (var (request, method) in Pairs(requests, methods))
        {
            ids.Add(await WatchAsync(request, method, headers, deadline, cancellationToken).ConfigureAwait(false));
        }

        return [.. ids];
    }

    public Task<long[]> WatchAsync(WatchRequest[] requests, Action<WatchEvent[]> method, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        WatchAsync(requests, AsEvents(method), headers, deadline, cancellationToken);

    public Task<long[]> WatchAsync(WatchRequest[] requests, Action<WatchEvent[]>[] methods,
        Metadata? headers = null, DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        WatchAsync(requests, [.. methods.Select(AsEvents)], headers, deadline, cancellationToken);

    // Keys

    public void Watch(string key, Action<WatchResponse> method, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        Watch([key], [method], headers, deadline, cancellationToken);

    public void Watch(string key, Action<WatchResponse>[] methods, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        Watch([key], methods, headers, deadline, cancellationToken);

    public void Watch(string[] keys, Action<WatchResponse> method, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        Watch(keys, [method], headers, deadline, cancellationToken);

    public void Watch(string[] keys, Action<WatchResponse>[] methods, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        Watch(Requests(keys), methods, headers, deadline, cancellationToken);

    public void Watch(string key, Action<WatchEvent[]> method, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        Watch([key], [method], headers, deadline, cancellationToken);

    public void Watch(string key, Action<WatchEvent[]>[] methods, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        Watch([key], methods, headers, deadline, cancellationToken);

    public void Watch(string[] keys, Action<WatchEvent[]> method, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        Watch(keys, [method], headers, deadline, cancellationToken);

    public void Watch(string[] keys, Action<WatchEvent[]>[] methods, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        Watch(Requests(keys), methods, headers, deadline, cancellationToken);

    public Task WatchAsync(string key, Action<WatchResponse> method, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        WatchAsync([key], [method], headers, deadline, cancellationToken);

    public Task WatchAsync(string key, Action<WatchResponse>[] methods, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        WatchAsync([key], methods, headers, deadline, cancellationToken);

    public Task WatchAsync(string[] keys, Action<WatchResponse> method, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        WatchAsync(keys, [method], headers, deadline, cancellationToken);

    public Task WatchAsync(string[] keys, Action<WatchResponse>[] methods, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        WatchAsync(Requests(keys), methods, headers, deadline, cancellationToken);

    public Task WatchAsync(string key, Action<WatchEvent[]> method, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        WatchAsync([key], [method], headers, deadline, cancellationToken);

    public Task WatchAsync(string key, Action<WatchEvent[]>[] methods, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        WatchAsync([key], methods, headers, deadline, cancellationToken);

    public Task WatchAsync(string[] keys, Action<WatchEvent[]> method, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        WatchAsync(keys, [method], headers, deadline, cancellationToken);

    public Task WatchAsync(string[] keys, Action<WatchEvent[]>[] methods, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        WatchAsync(Requests(keys), methods, headers, deadline, cancellationToken);

    // Prefixes

    public long WatchRange(string path, Action<WatchResponse> method, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        _watchManager.Watch(WatchEvents.Prefix(path), method, headers, deadline, cancellationToken);

    public long WatchRange(string path, Action<WatchResponse>[] methods, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        WatchRange(path, Each(methods), headers, deadline, cancellationToken);

    public long[] WatchRange(string[] paths, Action<WatchResponse> method, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        [.. paths.Select(path => WatchRange(path, method, headers, deadline, cancellationToken))];

    public long[] WatchRange(string[] paths, Action<WatchResponse>[] methods, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        [.. Pairs(paths, methods).Select(pair => WatchRange(pair.First, pair.Second, headers, deadline, cancellationToken))];

    public Task<long> WatchRangeAsync(string path, Action<WatchResponse> method, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        WatchAsync(WatchEvents.Prefix(path), method, headers, deadline, cancellationToken);

    public Task<long> WatchRangeAsync(string path, Action<WatchResponse>[] methods, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        WatchRangeAsync(path, Each(methods), headers, deadline, cancellationToken);

    public Task<long[]> WatchRangeAsync(string[] paths, Action<WatchResponse> method, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        WatchAsync(Prefixes(paths), method, headers, deadline, cancellationToken);

    public Task<long[]> WatchRangeAsync(string[] paths, Action<WatchResponse>[] methods, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        WatchAsync(Prefixes(paths), methods, headers, deadline, cancellationToken);

    private static WatchRequest[] Requests(string[] keys) => [.. keys.Select(key => WatchEvents.Key(key))];

    private static WatchRequest[] Prefixes(string[] paths) => [.. paths.Select(path => WatchEvents.Prefix(path))];

    private static IEnumerable<(TWatched First, TMethod Second)> Pairs<TWatched, TMethod>(TWatched[] watched, TMethod[] methods) =>
        watched.Length == methods.Length
            ? watched.Zip(methods)
            : throw new ArgumentException($"{watched.Length} watches need as many methods, not {methods.Length}.", nameof(methods));

    private static Action<TResponse> Each<TResponse>(Action<TResponse>[] methods) => response =>
    {
        foreach (var method in methods)
        {
            method(response);
        }
    };

    private static Action<WatchResponse> AsEvents(Action<WatchEvent[]> method) =>
        response => method(WatchEvents.From(response));
}
