using Grpc.AspNetCore.Reflection;
using Grpc.Reflection;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

public static class GrpcReflectionEndpointRouteBuilderExtensions
{
    /// <summary>Maps server reflection, v1 for today's tools and v1alpha for older ones.</summary>
    public static IEndpointConventionBuilder MapGrpcReflectionService(this IEndpointRouteBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (builder.ServiceProvider.GetService<ServedDescriptors>() is null)
        {
            throw new InvalidOperationException("Call services.AddGrpcReflection() before MapGrpcReflectionService().");
        }

        return new BothVersions(
            builder.MapGrpcService<ReflectionV1ServiceImpl>(), builder.MapGrpcService<ReflectionServiceImpl>());
    }

    private sealed class BothVersions(IEndpointConventionBuilder first, IEndpointConventionBuilder second)
        : IEndpointConventionBuilder
    {
        public void Add(Action<EndpointBuilder> convention)
        {
            first.Add(convention);
            second.Add(convention);
        }

        public void Finally(Action<EndpointBuilder> finallyConvention)
        {
            first.Finally(finallyConvention);
            second.Finally(finallyConvention);
        }
    }
}
