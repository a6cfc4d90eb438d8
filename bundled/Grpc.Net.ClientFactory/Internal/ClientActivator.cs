using System.Diagnostics.CodeAnalysis;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.Net.ClientFactory.Internal;

/// <summary>Calls the constructor of a client that takes an invoker; found once per client type.</summary>
internal sealed class ClientActivator<
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TClient>
    where TClient : class
{
    private readonly ObjectFactory<TClient> _create = ActivatorUtilities.CreateFactory<TClient>([typeof(CallInvoker)]);

    public TClient Create(IServiceProvider services, CallInvoker invoker) => _create(services, [invoker]);
}
