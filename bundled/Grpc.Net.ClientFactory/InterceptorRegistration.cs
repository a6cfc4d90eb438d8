using Grpc.Core.Interceptors;

namespace Grpc.Net.ClientFactory;

/// <summary>How long an interceptor lives.</summary>
public enum InterceptorScope
{
    /// <summary>Made once with the channel and shared by all its clients.</summary>
    Channel,

    /// <summary>Made with each client, from the services of the client's scope.</summary>
    Client,
}

/// <summary>An interceptor that is still to be made.</summary>
public class InterceptorRegistration
{
    public InterceptorRegistration(InterceptorScope scope, Func<IServiceProvider, Interceptor> creator)
    {
        Scope = scope;
        Creator = creator;
    }

    public InterceptorScope Scope { get; }

    public Func<IServiceProvider, Interceptor> Creator { get; }
}
