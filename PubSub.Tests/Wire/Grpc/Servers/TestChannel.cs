using Grpc.Net.Client;

namespace PubSub.Tests.Wire.Grpc.Servers;

internal static class TestChannel
{
    /// <summary>A channel to a server of the tests, with its certificate trusted and the same message limit.</summary>
    public static GrpcChannel To(Uri address, Action<GrpcChannelOptions>? configure = null, Action<SocketsHttpHandler>? handler = null)
    {
        var sockets = new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = { RemoteCertificateValidationCallback = (_, presented, _, _) => TestCertificate.IsIt(presented) },
        };
        handler?.Invoke(sockets);
        var options = new GrpcChannelOptions
        {
            HttpHandler = sockets,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = GrpcHost.MaxMessageSize,
            MaxSendMessageSize = null,
        };
        configure?.Invoke(options);
        return GrpcChannel.ForAddress(address, options);
    }
}
