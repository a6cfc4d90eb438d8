using dotnet_etcd.interfaces;
using Grpc.Core;

namespace dotnet_etcd;

/// <summary>Opens duplex calls from a generated client's method.</summary>
public class AsyncStreamCallFactory<TRequest, TResponse>(
    Func<Metadata?, DateTime?, CancellationToken, AsyncDuplexStreamingCall<TRequest, TResponse>> callFactory)
    : IAsyncStreamCallFactory<TRequest, TResponse>
{
    public IAsyncDuplexStreamingCall<TRequest, TResponse> CreateDuplexStreamingCall(
        Metadata? headers, DateTime? deadline, CancellationToken cancellationToken) =>
        new AsyncDuplexStreamingCallAdapter<TRequest, TResponse>(callFactory(headers, deadline, cancellationToken));
}
