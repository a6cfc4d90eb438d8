using System.Diagnostics.CodeAnalysis;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Grpc.Net.ClientFactory.Internal;

/// <summary>Puts what belongs to one client in front of the shared channel. Lives in the scope that asks.</summary>
internal sealed class DefaultGrpcClientFactory(
    IServiceProvider services, ChannelPool channels, IOptionsMonitor<GrpcClientFactoryOptions> allOptions)
    : GrpcClientFactory
{
    public override TClient CreateClient<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TClient>(string name)
    {
        var activator = services.GetService<ClientActivator<TClient>>() ?? throw new InvalidOperationException(
            $"No gRPC client {typeof(TClient).Name} with the name '{name}' was registered with AddGrpcClient.");
        var options = allOptions.Get(name);
        var invoker = Invoker(name, typeof(TClient), options);
        if (options.Creator is null)
        {
            return activator.Create(services, invoker);
        }

        return options.Creator(invoker) switch
        {
            TClient client => client,
            null => throw new InvalidOperationException($"The creator of gRPC client '{name}' returned null."),
            var other => throw new InvalidOperationException(
                $"The creator of gRPC client '{name}' returned {other.GetType().FullName}, "
                + $"which is no {typeof(TClient).FullName}."),
        };
    }

    private CallInvoker Invoker(string name, Type type, GrpcClientFactoryOptions options)
    {
        var channel = channels.Get(name, type);
        var invoker = options.Intercept(channel.Invoker, InterceptorScope.Client, services);
#pragma warning disable CS0618 // Obsolete in the package too, and honoured there
        invoker = invoker.Intercept([.. options.Interceptors]);
#pragma warning restore CS0618
        List<Action<CallOptionsContext>> actions = [.. options.CallOptionsActions];
        if (channel.AddHeaders is not null)
        {
            actions.Add(channel.AddHeaders);
        }

        return actions.Count == 0 ? invoker : new ConfiguredCallInvoker(invoker, actions, services);
    }
}
