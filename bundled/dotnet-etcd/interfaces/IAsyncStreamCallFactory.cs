using Grpc.Core;

namespace dotnet_etcd.interfaces;

public interface IAsyncStreamCallFactory<TRequest, TResponse>
{
    IAsyncDuplexStreamingCall<TRequest, TResponse> CreateDuplexStreamingCall(
        Metadata? headers, DateTime? deadline, CancellationToken cancellationToken);
}
