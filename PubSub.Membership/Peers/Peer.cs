using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;

namespace PubSub.Membership.Peers;

/// <summary>One process that this one calls.</summary>
public sealed class Peer<TClient> : IDisposable
    where TClient : ClientBase
{
    private readonly GrpcChannel _channel;

    public Peer(string id, Uri address, Func<CallInvoker, TClient> createClient, ILoggerFactory loggers)
    {
        Id = id;
        Address = address;
        _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                ConnectTimeout = TimeSpan.FromSeconds(1),
                EnableMultipleHttp2Connections = true,
                KeepAlivePingDelay = TimeSpan.FromSeconds(5),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
                PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
                UseProxy = false,
            },
            DisposeHttpClient = true,
            LoggerFactory = loggers,
            MaxReceiveMessageSize = null,
        });
        Calls = _channel.CreateCallInvoker().Intercept(new LeftPeer());
        Client = createClient(Calls);
    }

    public string Id { get; }

    public Uri Address { get; }

    public TClient Client { get; }

    /// <summary>For what else the peer serves.</summary>
    public CallInvoker Calls { get; }

    public void Dispose() => _channel.Dispose();
}
