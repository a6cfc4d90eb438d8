using dotnet_etcd.interfaces;
using Grpc.Core;

namespace dotnet_etcd;

/// <summary>The real duplex call behind the interface.</summary>
public class AsyncDuplexStreamingCallAdapter<TRequest, TResponse>(AsyncDuplexStreamingCall<TRequest, TResponse> call)
    : IAsyncDuplexStreamingCall<TRequest, TResponse>
{
    public IClientStreamWriter<TRequest> RequestStream => call.RequestStream;

    public IAsyncStreamReader<TResponse> ResponseStream => call.ResponseStream;

    public Task<Metadata> GetHeadersAsync() => call.ResponseHeadersAsync;

    public Status GetStatus() => call.GetStatus();

    public Metadata GetTrailers() => call.GetTrailers();

    public void Dispose()
    {
        call.Dispose();
        GC.SuppressFinalize(this);
    }
}
