using Etcdserverpb;
using Grpc.Core;

namespace dotnet_etcd;

public partial class EtcdClient
{
    public LeaseGrantResponse LeaseGrant(LeaseGrantRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        _connection.LeaseClient.LeaseGrant(request, headers, deadline, cancellationToken);

    public async Task<LeaseGrantResponse> LeaseGrantAsync(LeaseGrantRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        await _connection.LeaseClient.LeaseGrantAsync(request, headers, deadline, cancellationToken).ConfigureAwait(false);

    public LeaseRevokeResponse LeaseRevoke(LeaseRevokeRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        _connection.LeaseClient.LeaseRevoke(request, headers, deadline, cancellationToken);

    public async Task<LeaseRevokeResponse> LeaseRevokeAsync(LeaseRevokeRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        await _connection.LeaseClient.LeaseRevokeAsync(request, headers, deadline, cancellationToken).ConfigureAwait(false);

    public LeaseTimeToLiveResponse LeaseTimeToLive(LeaseTimeToLiveRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        _connection.LeaseClient.LeaseTimeToLive(request, headers, deadline, cancellationToken);

    public async Task<LeaseTimeToLiveResponse> LeaseTimeToLiveAsync(LeaseTimeToLiveRequest request,
        Metadata? headers = null, DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        await _connection.LeaseClient.LeaseTimeToLiveAsync(request, headers, deadline, cancellationToken).ConfigureAwait(false);

    public Task LeaseKeepAlive(LeaseKeepAliveRequest request, Action<LeaseKeepAliveResponse> method,
        CancellationToken cancellationToken, Metadata? headers = null) =>
        LeaseKeepAlive([request], [method], cancellationToken, headers);

    public Task LeaseKeepAlive(LeaseKeepAliveRequest request, Action<LeaseKeepAliveResponse>[] methods,
        CancellationToken cancellationToken, Metadata? headers = null) =>
        LeaseKeepAlive([request], methods, cancellationToken, headers);

    public Task LeaseKeepAlive(LeaseKeepAliveRequest[] requests, Action<LeaseKeepAliveResponse> method,
        CancellationToken cancellationToken, Metadata? headers = null) =>
        LeaseKeepAlive(requests, [method], cancellationToken, headers);

    /// <summary>Sends the requests once, gives each answer to each method, and is done when etcd has answered all.</summary>
    public async Task LeaseKeepAlive(LeaseKeepAliveRequest[] requests, Action<LeaseKeepAliveResponse>[] methods,
        CancellationToken cancellationToken, Metadata? headers = null, DateTime? deadline = null)
    {
        using var call = _connection.LeaseClient.LeaseKeepAlive(headers, deadline, cancellationToken);
        foreach (var request in requests)
        {
            await call.RequestStream.WriteAsync(request, cancellationToken).ConfigureAwait(false);
        }

        await call.RequestStream.CompleteAsync().ConfigureAwait(false);
        while (await call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false))
        {
            foreach (var method in methods)
            {
                method(call.ResponseStream.Current);
            }
        }
    }

    /// <summary>
    /// Keeps the lease alive three times per TTL. Returns when etcd says that the lease is gone; throws when the
    /// connection breaks (the lease may well live on) or on cancellation.
    /// </summary>
    public async Task LeaseKeepAlive(long leaseId, CancellationToken cancellationToken)
    {
        using var call = _connection.LeaseClient.LeaseKeepAlive(cancellationToken: cancellationToken);
        while (true)
        {
            var answer = await BeatAsync(call, leaseId, Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false)
                ?? throw new EndOfStreamException($"etcd ended the stream that kept lease {leaseId} alive.");
            if (answer.ID != leaseId || answer.TTL <= 0)
            {
                return;
            }

            await Task.Delay(TimeSpan.FromSeconds(answer.TTL / 3.0), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Keeps the lease alive every <paramref name="keepAliveTimeout"/> ms, gives up on an answer that takes longer
    /// than <paramref name="communicationTimeout"/> ms, and cancels the source when the lease is no longer kept,
    /// for whatever reason.
    /// </summary>
    public Task LeaseKeepAlive(CancellationTokenSource cancellationTokenSource, long leaseId,
        int keepAliveTimeout = 1000, int? communicationTimeout = null, Metadata? headers = null,
        DateTime? deadline = null)
    {
        ArgumentNullException.ThrowIfNull(cancellationTokenSource);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(keepAliveTimeout);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(communicationTimeout ?? 1, nameof(communicationTimeout));

        var token = cancellationTokenSource.Token;
        var patience = TimeSpan.FromMilliseconds(communicationTimeout ?? keepAliveTimeout / 2);
        return Task.Run(KeepAsync, token);

        async Task KeepAsync()
        {
            try
            {
                using var call = _connection.LeaseClient.LeaseKeepAlive(headers, deadline, token);
                while (await BeatAsync(call, leaseId, patience, token).ConfigureAwait(false) is { TTL: > 0 } answer
                    && answer.ID == leaseId)
                {
                    await Task.Delay(keepAliveTimeout, token).ConfigureAwait(false);
                }
            }
            finally
            {
                await cancellationTokenSource.CancelAsync().ConfigureAwait(false);
            }
        }
    }

    private static async Task<LeaseKeepAliveResponse?> BeatAsync(
        AsyncDuplexStreamingCall<LeaseKeepAliveRequest, LeaseKeepAliveResponse> call, long leaseId,
        TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        try
        {
            await call.RequestStream.WriteAsync(new LeaseKeepAliveRequest { ID = leaseId }, limit.Token).ConfigureAwait(false);
            return await call.ResponseStream.MoveNext(limit.Token).ConfigureAwait(false) ? call.ResponseStream.Current : null;
        }
        catch (Exception end) when (end is IOException || (end is OperationCanceledException && !limit.IsCancellationRequested))
        {
            // In one of these ways gRPC ends a write during which the connection broke. Nobody asked for an end.
            throw new RpcException(new Status(StatusCode.Unavailable, $"The connection that kept lease {leaseId} alive broke."));
        }
    }
}
