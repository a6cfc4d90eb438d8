using dotnet_etcd;
using Grpc.Net.Client.Configuration;

namespace PubSub.Tests.Wire.Etcd;

/// <summary>A client that tells at once what the package would first try five times, and that looks for etcd often.</summary>
internal static class EtcdClientWithoutRetries
{
    public static EtcdClient Create(string endpoints) => new(endpoints, configureChannelOptions: channel =>
    {
        channel.ServiceConfig = new ServiceConfig { LoadBalancingConfigs = { new RoundRobinConfig() } };
        channel.InitialReconnectBackoff = TimeSpan.FromMilliseconds(50);
        channel.MaxReconnectBackoff = TimeSpan.FromMilliseconds(200);
    });
}
