using dotnet_etcd;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;

namespace PubSub.Membership;

/// <summary>Makes the etcd client of a process.</summary>
internal static class EtcdClients
{
    // Above gRPC's 4 MB, which a folder of some twenty thousand instances would pass.
    private const int LargestAnswer = 64 * 1024 * 1024;

    public static EtcdClient Create(EtcdOptions options)
    {
        var client = options.Encrypted
            ? new EtcdClient(options.Endpoints, _ => { }, serverName: options.FirstEndpoint.Host, configureChannelOptions: Tune)
            : new EtcdClient(options.Endpoints, configureChannelOptions: Tune);
        if (options.Username.Length > 0)
            client.SetCredentials(options.Username, options.Password);

        return client;
    }

    private static void Tune(GrpcChannelOptions channel)
    {
        channel.MaxReceiveMessageSize = LargestAnswer;
        channel.InitialReconnectBackoff = TimeSpan.FromMilliseconds(200);
        channel.MaxReconnectBackoff = TimeSpan.FromSeconds(1);

        // No retries below ours: they would hide for seconds that etcd is away, and spend a lease's life on waiting.
        channel.ServiceConfig = new ServiceConfig { LoadBalancingConfigs = { new RoundRobinConfig() } };

        if (channel.HttpHandler is SocketsHttpHandler sockets)
        {
            sockets.ConnectTimeout = TimeSpan.FromSeconds(3);
            // A member that vanished without a word. etcd cuts clients that ping more often than every five seconds,
            // or while they have no stream.
            sockets.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
            sockets.KeepAlivePingDelay = TimeSpan.FromSeconds(6);
            sockets.KeepAlivePingTimeout = TimeSpan.FromSeconds(4);
        }
    }
}
