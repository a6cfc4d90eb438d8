using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Grpc.Net.ClientFactory;
using Grpc.Net.ClientFactory.Internal;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Configures gRPC clients that AddGrpcClient registered.</summary>
public static class GrpcHttpClientBuilderExtensions
{
    public static IHttpClientBuilder ConfigureChannel(
        this IHttpClientBuilder builder, Action<IServiceProvider, GrpcChannelOptions> configureChannel)
    {
        ArgumentNullException.ThrowIfNull(configureChannel);
        return builder.Configure(nameof(ConfigureChannel), (services, options) =>
            options.ChannelOptionsActions.Add(channel => configureChannel(services, channel)));
    }

    public static IHttpClientBuilder ConfigureChannel(
        this IHttpClientBuilder builder, Action<GrpcChannelOptions> configureChannel)
    {
        ArgumentNullException.ThrowIfNull(configureChannel);
        return builder.Configure(nameof(ConfigureChannel), (_, options) =>
            options.ChannelOptionsActions.Add(configureChannel));
    }

    public static IHttpClientBuilder AddInterceptor(
        this IHttpClientBuilder builder, Func<IServiceProvider, Interceptor> configureInvoker) =>
        builder.AddInterceptor(InterceptorScope.Channel, configureInvoker);

    public static IHttpClientBuilder AddInterceptor(
        this IHttpClientBuilder builder, InterceptorScope scope, Func<IServiceProvider, Interceptor> configureInvoker)
    {
        ArgumentNullException.ThrowIfNull(configureInvoker);
        return builder.Configure(nameof(AddInterceptor), (_, options) =>
            options.InterceptorRegistrations.Add(new InterceptorRegistration(scope, configureInvoker)));
    }

    public static IHttpClientBuilder AddInterceptor(
        this IHttpClientBuilder builder, Func<Interceptor> configureInvoker) =>
        builder.AddInterceptor(InterceptorScope.Channel, configureInvoker);

    public static IHttpClientBuilder AddInterceptor(
        this IHttpClientBuilder builder, InterceptorScope scope, Func<Interceptor> configureInvoker)
    {
        ArgumentNullException.ThrowIfNull(configureInvoker);
        return builder.AddInterceptor(scope, _ => configureInvoker());
    }

    /// <summary>Adds an interceptor that the container makes; it has to be registered there.</summary>
    public static IHttpClientBuilder AddInterceptor<TInterceptor>(this IHttpClientBuilder builder)
        where TInterceptor : Interceptor =>
        builder.AddInterceptor<TInterceptor>(InterceptorScope.Channel);

    /// <summary>Adds an interceptor that the container makes; it has to be registered there.</summary>
    public static IHttpClientBuilder AddInterceptor<TInterceptor>(
        this IHttpClientBuilder builder, InterceptorScope scope)
        where TInterceptor : Interceptor =>
        builder.AddInterceptor(scope, services => services.GetRequiredService<TInterceptor>());

    public static IHttpClientBuilder AddCallCredentials(
        this IHttpClientBuilder builder, Func<AuthInterceptorContext, Metadata, Task> authInterceptor)
    {
        ArgumentNullException.ThrowIfNull(authInterceptor);
        return builder.AddCallCredentials(CallCredentials.FromInterceptor((c, m) => authInterceptor(c, m)));
    }

    public static IHttpClientBuilder AddCallCredentials(
        this IHttpClientBuilder builder, Func<AuthInterceptorContext, Metadata, IServiceProvider, Task> authInterceptor)
    {
        ArgumentNullException.ThrowIfNull(authInterceptor);
        return builder.AddCallCredentials(services =>
            CallCredentials.FromInterceptor((call, metadata) => authInterceptor(call, metadata, services)));
    }

    public static IHttpClientBuilder AddCallCredentials(this IHttpClientBuilder builder, CallCredentials credentials)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        return builder.AddCallCredentials(_ => credentials);
    }

    public static IHttpClientBuilder ConfigureGrpcClientCreator(
        this IHttpClientBuilder builder, Func<IServiceProvider, CallInvoker, object> configureCreator)
    {
        ArgumentNullException.ThrowIfNull(configureCreator);
        return builder.Configure(nameof(ConfigureGrpcClientCreator), (services, options) =>
            options.Creator = invoker => configureCreator(services, invoker));
    }

    public static IHttpClientBuilder ConfigureGrpcClientCreator(
        this IHttpClientBuilder builder, Func<CallInvoker, object> configureCreator)
    {
        ArgumentNullException.ThrowIfNull(configureCreator);
        return builder.Configure(nameof(ConfigureGrpcClientCreator), (_, options) =>
            options.Creator = configureCreator);
    }

    private static IHttpClientBuilder AddCallCredentials(
        this IHttpClientBuilder builder, Func<IServiceProvider, CallCredentials> credentialsFor) =>
        builder.Configure(nameof(AddCallCredentials), (_, options) =>
        {
            options.HasCallCredentials = true;
            options.CallOptionsActions.Add(call =>
            {
                var added = credentialsFor(call.ServiceProvider);
                var own = call.CallOptions.Credentials;
                call.CallOptions = call.CallOptions.WithCredentials(
                    own is null ? added : CallCredentials.Compose(own, added));
            });
        });

    private static IHttpClientBuilder Configure(
        this IHttpClientBuilder builder, string caller, Action<IServiceProvider, GrpcClientFactoryOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ClientRegistry.Require(builder, caller);
        builder.Services.AddTransient<IConfigureOptions<GrpcClientFactoryOptions>>(services =>
            new ConfigureNamedOptions<GrpcClientFactoryOptions>(
                builder.Name, options => configure(services, options)));
        return builder;
    }
}
