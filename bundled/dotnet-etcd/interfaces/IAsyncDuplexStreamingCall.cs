using Grpc.Core;

namespace dotnet_etcd.interfaces;

/// <summary>A duplex call behind an interface, so that a test can play the server.</summary>
public interface IAsyncDuplexStreamingCall<TRequest, TResponse> : IDisposable
{
    IClientStreamWriter<TRequest> RequestStream { get; }

    IAsyncStreamReader<TResponse> ResponseStream { get; }

    Task<Metadata> GetHeadersAsync();

    Status GetStatus();

    Metadata GetTrailers();
}
