using Grpc.AspNetCore.ClientFactory;
using Grpc.Net.ClientFactory;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

public static class GrpcServerHttpClientBuilderExtensions
{
    /// <summary>Calls of this client end when the call that is being served ends or runs out of time.</summary>
    public static IHttpClientBuilder EnableCallContextPropagation(this IHttpClientBuilder builder) =>
        builder.EnableCallContextPropagation(_ => { });

    /// <inheritdoc cref="EnableCallContextPropagation(IHttpClientBuilder)"/>
    public static IHttpClientBuilder EnableCallContextPropagation(
        this IHttpClientBuilder builder, Action<GrpcContextPropagationOptions> configureOptions)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configureOptions);
        var options = new GrpcContextPropagationOptions();
        configureOptions(options);
        builder.AddInterceptor(InterceptorScope.Channel, services => new ContextPropagationInterceptor(
            options,
            services.GetRequiredService<IHttpContextAccessor>(),
            services.GetRequiredService<ILogger<ContextPropagationInterceptor>>()));
        builder.Services.AddHttpContextAccessor();
        return builder;
    }
}
