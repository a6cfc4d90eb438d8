using System.Reflection;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Reflection;

/// <summary>The descriptors of the services that are mapped, found when reflection is first asked.</summary>
internal sealed partial class ServedDescriptors(EndpointDataSource endpoints, ILogger<ServedDescriptors> logger)
{
    private readonly Lazy<IReadOnlyList<ServiceDescriptor>> _all = new(() => Find(endpoints, logger));

    public IReadOnlyList<ServiceDescriptor> All => _all.Value;

    private static List<ServiceDescriptor> Find(EndpointDataSource endpoints, ILogger logger)
    {
        var found = new List<ServiceDescriptor>();
        foreach (var type in endpoints.Endpoints
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.ServiceType)
            .OfType<Type>()
            .Distinct())
        {
            if (Find(type) is { } descriptor)
            {
                found.Add(descriptor);
            }
            else
            {
                LogNoDescriptor(logger, type);
            }
        }

        return found;
    }

    /// <summary>The generated base class names its service class, which carries the descriptor.</summary>
    private static ServiceDescriptor? Find(Type service)
    {
        var generated = service.GetCustomAttribute<BindServiceMethodAttribute>(inherit: true)?.BindType;
        return generated?.GetProperty(
            "Descriptor", BindingFlags.Public | BindingFlags.Static, null, typeof(ServiceDescriptor), [], null)
            ?.GetValue(null) as ServiceDescriptor;
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Reflection leaves out {Type}: it has no protobuf descriptor.")]
    private static partial void LogNoDescriptor(ILogger logger, Type type);
}
