using System.Net.Security;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Balancer;
using Grpc.Net.Client.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace dotnet_etcd.Connecting;

/// <summary>One channel over all endpoints: calls go round those that answer, the rest are tried again in the background.</summary>
internal static class ChannelFactory
{
    public static GrpcChannel Create(Endpoints endpoints, string serverName,
        Action<SslClientAuthenticationOptions>? configureSsl, Action<GrpcChannelOptions>? configure,
        DelegatingHandler tokens)
    {
        var sockets = new SocketsHttpHandler
        {
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(30),
            // etcd counts pings without a call as abuse and closes the connection.
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        };
        if (configureSsl is not null)
        {
            sockets.SslOptions = new SslClientAuthenticationOptions();
            configureSsl(sockets.SslOptions);
        }

        var options = new GrpcChannelOptions
        {
            Credentials = configureSsl is null ? ChannelCredentials.Insecure : new SslCredentials(),
            HttpHandler = sockets,
            DisposeHttpClient = true,
            ThrowOperationCanceledOnCancellation = true,
            // gRPC's own limit of two minutes would leave a client blind for that long after an outage.
            MaxReconnectBackoff = TimeSpan.FromSeconds(5),
            ServiceConfig = new ServiceConfig
            {
                LoadBalancingConfigs = { new RoundRobinConfig() },
                MethodConfigs = { RetryWhileUnavailable() },
                RetryThrottling = new RetryThrottlingPolicy { MaxTokens = 10, TokenRatio = 0.1 },
            },
        };
        configure?.Invoke(options);

        tokens.InnerHandler = options.HttpHandler;
        options.HttpHandler = tokens;

        if (endpoints.FromDns)
        {
            return GrpcChannel.ForAddress(endpoints.Hosts[0], options);
        }

        options.ServiceProvider = new ServiceCollection()
            .AddSingleton<ResolverFactory>(new StaticResolverFactory(_ => Addresses(endpoints)))
            .BuildServiceProvider();
        return GrpcChannel.ForAddress($"static://{serverName}", options);
    }

    private static BalancerAddress[] Addresses(Endpoints endpoints) =>
        [.. endpoints.Hosts.Select(host => new BalancerAddress(host.Host, host.Port))];

    private static MethodConfig RetryWhileUnavailable() => new()
    {
        Names = { MethodName.Default },
        RetryPolicy = new RetryPolicy
        {
            MaxAttempts = 5,
            InitialBackoff = TimeSpan.FromSeconds(1),
            MaxBackoff = TimeSpan.FromSeconds(5),
            BackoffMultiplier = 1.5,
            RetryableStatusCodes = { StatusCode.Unavailable },
        },
    };
}
