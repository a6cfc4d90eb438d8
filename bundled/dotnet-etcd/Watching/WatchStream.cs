using System.Collections.Concurrent;
using System.Threading.Channels;
using dotnet_etcd.interfaces;
using Etcdserverpb;
using Grpc.Core;

namespace dotnet_etcd.Watching;

/// <summary>One attempt at a stream to etcd. Watches come and go on it; when it breaks, the next attempt is another one.</summary>
internal sealed class WatchStream(IAsyncDuplexStreamingCall<WatchRequest, WatchResponse> call) : IDisposable
{
    // gRPC takes one write at a time, so requests queue here for a single writer.
    private readonly Channel<WatchRequest> _requests = Channel.CreateUnbounded<WatchRequest>(
        new UnboundedChannelOptions { SingleReader = true });

    // Watches that wait for their acknowledgement; etcd gives these in order.
    private readonly ConcurrentQueue<long> _unacknowledged = new();

    /// <summary>The stream reached an etcd that answered.</summary>
    public bool WasHeard { get; private set; }

    public void Send(WatchRequest request)
    {
        if (request.CreateRequest is { } create)
        {
            _unacknowledged.Enqueue(create.WatchId);
        }

        _requests.Writer.TryWrite(request);
    }

    /// <summary>Runs until the stream breaks, and always ends in the exception that says why.</summary>
    public async Task RunAsync(Action<WatchResponse> received, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = ReadAsync(received, ended.Token);
        var writing = WriteAsync(ended.Token);
        var first = await Task.WhenAny(reading, writing).ConfigureAwait(false);

        // Disposing, because a read of a call that gRPC is still retrying heeds no token.
        await ended.CancelAsync().ConfigureAwait(false);
        call.Dispose();
        await Task.WhenAll(reading, writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await first.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // How gRPC ends a read that was waiting when the call failed to start; the reason is in the status.
            throw new RpcException(StatusOfCall());
        }
    }

    public void Dispose() => call.Dispose();

    private async Task ReadAsync(Action<WatchResponse> received, CancellationToken cancellationToken)
    {
        while (await call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false))
        {
            WasHeard = true;
            var response = call.ResponseStream.Current;
            if (response.Created && _unacknowledged.TryDequeue(out var id))
            {
                // A refusal may come without the id that was asked for.
                response.WatchId = id;
            }

            received(response);
        }

        throw new RpcException(new Status(StatusCode.Unavailable, "etcd ended the watch stream."));
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        await foreach (var request in _requests.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            await call.RequestStream.WriteAsync(request, cancellationToken).ConfigureAwait(false);
        }
    }

    private Status StatusOfCall()
    {
        try
        {
            return call.GetStatus();
        }
        catch (InvalidOperationException)
        {
            return new Status(StatusCode.Unavailable, "The watch stream to etcd broke.");
        }
    }
}
