using Grpc.Core;

namespace Grpc.Net.ClientFactory;

/// <summary>The options of a call that is about to start, for an action that changes them.</summary>
public sealed class CallOptionsContext
{
    internal CallOptionsContext(CallOptions callOptions, IServiceProvider serviceProvider)
    {
        CallOptions = callOptions;
        ServiceProvider = serviceProvider;
    }

    public CallOptions CallOptions { get; set; }

    public IServiceProvider ServiceProvider { get; }
}
