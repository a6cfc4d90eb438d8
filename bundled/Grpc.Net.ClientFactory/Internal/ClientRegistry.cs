using Microsoft.Extensions.DependencyInjection;

namespace Grpc.Net.ClientFactory.Internal;

/// <summary>
/// The names that were registered, known while services are still being registered: it lies as an instance in the
/// collection, so that a clash or a misplaced call fails there and not at the first use of a client.
/// </summary>
internal sealed class ClientRegistry
{
    private readonly Dictionary<string, Type> _types = [];

    public static ClientRegistry Of(IServiceCollection services)
    {
        if (Find(services) is { } registry)
        {
            return registry;
        }

        registry = new ClientRegistry();
        services.AddSingleton(registry);
        return registry;
    }

    public static void Require(IHttpClientBuilder builder, string caller)
    {
        if (Find(builder.Services)?._types.ContainsKey(builder.Name) != true)
        {
            throw new InvalidOperationException(
                $"{caller} needs a gRPC client: '{builder.Name}' was not registered with AddGrpcClient.");
        }
    }

    public void Reserve(string name, Type type)
    {
        if (!_types.TryAdd(name, type) && _types[name] != type)
        {
            throw new InvalidOperationException(
                $"The gRPC client name '{name}' stands for {_types[name].FullName} already, so it cannot stand for "
                + $"{type.FullName}. Give one of them a name of its own: AddGrpcClient<T>(name, ...).");
        }
    }

    private static ClientRegistry? Find(IServiceCollection services) =>
        services.FirstOrDefault(each => each.ServiceType == typeof(ClientRegistry))?.ImplementationInstance
            as ClientRegistry;
}
