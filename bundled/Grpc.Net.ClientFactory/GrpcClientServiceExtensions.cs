using System.Diagnostics.CodeAnalysis;
using Grpc.Net.ClientFactory;
using Grpc.Net.ClientFactory.Internal;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers gRPC clients on top of the HttpClient factory.</summary>
public static class GrpcClientServiceExtensions
{
    private const DynamicallyAccessedMemberTypes Constructors = DynamicallyAccessedMemberTypes.PublicConstructors;

    public static IHttpClientBuilder AddGrpcClient<[DynamicallyAccessedMembers(Constructors)] TClient>(
        this IServiceCollection services)
        where TClient : class =>
        services.AddGrpcClient<TClient>(_ => { });

    public static IHttpClientBuilder AddGrpcClient<[DynamicallyAccessedMembers(Constructors)] TClient>(
        this IServiceCollection services, Action<GrpcClientFactoryOptions> configureClient)
        where TClient : class =>
        services.AddGrpcClient<TClient>(ClientName.Of(typeof(TClient)), configureClient);

    public static IHttpClientBuilder AddGrpcClient<[DynamicallyAccessedMembers(Constructors)] TClient>(
        this IServiceCollection services, Action<IServiceProvider, GrpcClientFactoryOptions> configureClient)
        where TClient : class =>
        services.AddGrpcClient<TClient>(ClientName.Of(typeof(TClient)), configureClient);

    public static IHttpClientBuilder AddGrpcClient<[DynamicallyAccessedMembers(Constructors)] TClient>(
        this IServiceCollection services, string name)
        where TClient : class =>
        services.AddGrpcClient<TClient>(name, _ => { });

    public static IHttpClientBuilder AddGrpcClient<[DynamicallyAccessedMembers(Constructors)] TClient>(
        this IServiceCollection services, string name, Action<GrpcClientFactoryOptions> configureClient)
        where TClient : class
    {
        ArgumentNullException.ThrowIfNull(configureClient);
        return services.AddGrpcClient<TClient>(name, (_, options) => configureClient(options));
    }

    public static IHttpClientBuilder AddGrpcClient<[DynamicallyAccessedMembers(Constructors)] TClient>(
        this IServiceCollection services,
        string name,
        Action<IServiceProvider, GrpcClientFactoryOptions> configureClient)
        where TClient : class
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(configureClient);

        ClientRegistry.Of(services).Reserve(name, typeof(TClient));
        services.TryAddSingleton<ChannelPool>();
        services.TryAddSingleton<ClientActivator<TClient>>();
        services.TryAddTransient<GrpcClientFactory, DefaultGrpcClientFactory>();
        services.AddTransient<IConfigureOptions<GrpcClientFactoryOptions>>(provider =>
            new ConfigureNamedOptions<GrpcClientFactoryOptions>(name, options => configureClient(provider, options)));
        services.AddTransient(provider => provider.GetRequiredService<GrpcClientFactory>().CreateClient<TClient>(name));

        var builder = services.AddHttpClient(name);
        UseHttp2Handler(services, name);
        return builder;
    }

    /// <summary>
    /// The channel lives as long as the process, and its primary handler with it. So the handler's own pool recycles
    /// connections at the age at which the factory would have replaced the handler; otherwise a changed DNS record
    /// would never be seen. First in the collection, so that anything configured elsewhere comes later and wins.
    /// </summary>
    private static void UseHttp2Handler(IServiceCollection services, string name) =>
        services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<HttpClientFactoryOptions>>(
            new ConfigureNamedOptions<HttpClientFactoryOptions>(name, options =>
                options.HttpMessageHandlerBuilderActions.Add(handler =>
                    handler.PrimaryHandler = new SocketsHttpHandler
                    {
                        EnableMultipleHttp2Connections = true,
                        PooledConnectionLifetime = options.HandlerLifetime,
                    }))));
}
