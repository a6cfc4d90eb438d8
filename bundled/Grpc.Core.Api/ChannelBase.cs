using Grpc.Core.Utils;

namespace Grpc.Core;

/// <summary>A lasting way to one target over which calls are made.</summary>
public abstract class ChannelBase
{
    protected ChannelBase(string target)
    {
        Target = GrpcPreconditions.CheckNotNull(target, nameof(target));
    }

    public string Target { get; }

    public abstract CallInvoker CreateCallInvoker();

    public Task ShutdownAsync() => ShutdownAsyncCore();

    protected virtual Task ShutdownAsyncCore() => Task.CompletedTask;
}
