using Microsoft.Extensions.Configuration;

namespace PubSub.AppHost.BackingServices;

internal static class EtcdBacking
{
    private const int ClientPort = 2379;

    /// <summary>The etcd that ConnectionStrings:{name} names (http://host:port), else one of our own.</summary>
    public static IResourceBuilder<IResourceWithConnectionString> AddEtcdBacking(
        this IDistributedApplicationBuilder builder, string name, int port) =>
        builder.Configuration.GetConnectionString(name) is null
            ? builder.AddEtcd(name, port)
            : builder.AddConnectionString(name);

    /// <summary>One member without a volume: its leases are worth nothing to anybody once it has ended.</summary>
    public static IResourceBuilder<EtcdResource> AddEtcd(this IDistributedApplicationBuilder builder, string name, int? port = null) =>
        builder.AddResource(new EtcdResource(name))
            .WithImage("coreos/etcd", "v3.5.21")
            .WithImageRegistry("quay.io")
            .WithHttpEndpoint(port, ClientPort, EtcdResource.ClientEndpoint)
            .WithEntrypoint("etcd")
            .WithArgs("--listen-client-urls", $"http://0.0.0.0:{ClientPort}", "--advertise-client-urls", $"http://0.0.0.0:{ClientPort}")
            .WithHttpHealthCheck("/health", endpointName: EtcdResource.ClientEndpoint);
}

/// <summary>An etcd; its connection string is the address that clients use.</summary>
internal sealed class EtcdResource(string name) : ContainerResource(name), IResourceWithConnectionString
{
    public const string ClientEndpoint = "client";

    public ReferenceExpression ConnectionStringExpression =>
        ReferenceExpression.Create($"{this.GetEndpoint(ClientEndpoint).Property(EndpointProperty.Url)}");
}
