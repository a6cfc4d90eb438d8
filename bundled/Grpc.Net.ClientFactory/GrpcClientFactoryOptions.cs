using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace Grpc.Net.ClientFactory;

/// <summary>How the clients of one name are made.</summary>
public class GrpcClientFactoryOptions
{
    public Uri? Address { get; set; }

    public IList<Action<GrpcChannelOptions>> ChannelOptionsActions { get; } = [];

    public IList<Action<CallOptionsContext>> CallOptionsActions { get; } = [];

    [Obsolete("Use InterceptorRegistrations, which say whether an interceptor is shared by all clients of the channel.")]
    public IList<Interceptor> Interceptors { get; } = [];

    public IList<InterceptorRegistration> InterceptorRegistrations { get; } = [];

    /// <summary>Makes the client instead of its constructor.</summary>
    public Func<CallInvoker, object>? Creator { get; set; }

    internal bool HasCallCredentials { get; set; }

    internal CallInvoker Intercept(CallInvoker invoker, InterceptorScope scope, IServiceProvider services) =>
        invoker.Intercept(
        [
            .. InterceptorRegistrations.Where(each => each.Scope == scope).Select(each => each.Creator(services)),
        ]);
}
