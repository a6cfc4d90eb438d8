using Grpc.AspNetCore.HealthChecks;
using Grpc.AspNetCore.HealthChecks.Internal;
using Grpc.HealthCheck;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

public static class GrpcHealthChecksServiceExtensions
{
    /// <summary>Adds health checks that the gRPC health service reports.</summary>
    public static IHealthChecksBuilder AddGrpcHealthChecks(this IServiceCollection services) =>
        services.AddGrpcHealthChecks(_ => { });

    /// <inheritdoc cref="AddGrpcHealthChecks(IServiceCollection)"/>
    public static IHealthChecksBuilder AddGrpcHealthChecks(
        this IServiceCollection services, Action<GrpcHealthChecksOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);

        services.TryAddSingleton<HealthServiceImpl>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHealthCheckPublisher, HealthStatusPublisher>());
        services.Configure<GrpcHealthChecksOptions>(options => options.Services.Map("", _ => true));
        services.Configure(configure);
        return services.AddHealthChecks();
    }
}
