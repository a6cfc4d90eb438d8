using Grpc.AspNetCore.Reflection;
using Grpc.Reflection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

public static class GrpcReflectionServiceExtensions
{
    /// <summary>Lets tools ask what this server serves.</summary>
    public static IServiceCollection AddGrpcReflection(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<ServedDescriptors>();
        services.TryAddSingleton(provider =>
            new ReflectionServiceImpl(provider.GetRequiredService<ServedDescriptors>().All));
        services.TryAddSingleton(provider =>
            new ReflectionV1ServiceImpl(provider.GetRequiredService<ServedDescriptors>().All));
        return services;
    }
}
