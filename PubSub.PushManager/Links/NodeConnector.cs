using Grpc.Net.Client;
using PubSub.Protocol;

namespace PubSub.PushManager.Links;

/// <summary>Makes the connection that one link keeps. Not shared: a hung node's connection must harm nobody else.</summary>
internal sealed class NodeConnector(ILoggerFactory loggers)
{
    public NodeConnection Connect(NodeAddress node)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(2),
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            // A node that vanished without a word is found even while nothing is sent to it.
            KeepAlivePingDelay = TimeSpan.FromSeconds(5),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
            UseProxy = false,
        };
        return new NodeConnection(GrpcChannel.ForAddress(node.Address, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            LoggerFactory = loggers,
        }));
    }
}

internal sealed class NodeConnection(GrpcChannel channel) : IDisposable
{
    public ConnectNodeService.ConnectNodeServiceClient Client { get; } = new(channel);

    public void Dispose() => channel.Dispose();
}
