using Grpc.Core.Internal;
using Grpc.Core.Utils;

namespace Grpc.Core;

/// <summary>The base of generated clients.</summary>
public abstract class ClientBase
{
    /// <summary>For mocks only: every call of such a client throws.</summary>
    protected ClientBase()
        : this(new UnimplementedCallInvoker())
    {
    }

    protected ClientBase(ClientBaseConfiguration configuration)
    {
        Configuration = GrpcPreconditions.CheckNotNull(configuration, nameof(configuration));
        CallInvoker = configuration.Invoker;
    }

    public ClientBase(ChannelBase channel)
        : this(GrpcPreconditions.CheckNotNull(channel, nameof(channel)).CreateCallInvoker())
    {
    }

    public ClientBase(CallInvoker callInvoker)
        : this(new ClientBaseConfiguration(callInvoker))
    {
    }

    protected CallInvoker CallInvoker { get; }

    internal ClientBaseConfiguration Configuration { get; }

    /// <summary>What a client is made of, handed from one client to its copies.</summary>
    protected internal class ClientBaseConfiguration
    {
        private readonly CallInvoker _withoutHost;

        internal ClientBaseConfiguration(CallInvoker invoker)
        {
            _withoutHost = Invoker = GrpcPreconditions.CheckNotNull(invoker, nameof(invoker));
        }

        private ClientBaseConfiguration(CallInvoker withoutHost, string host)
        {
            _withoutHost = withoutHost;
            Invoker = new HostCallInvoker(withoutHost, host);
        }

        internal CallInvoker Invoker { get; }

        internal ClientBaseConfiguration WithHost(string host) =>
            new(_withoutHost, GrpcPreconditions.CheckNotNull(host, nameof(host)));
    }
}

/// <summary>The base of generated clients, which knows how to copy itself.</summary>
public abstract class ClientBase<T> : ClientBase
    where T : ClientBase<T>
{
    protected ClientBase()
    {
    }

    protected ClientBase(ClientBaseConfiguration configuration)
        : base(configuration)
    {
    }

    public ClientBase(ChannelBase channel)
        : base(channel)
    {
    }

    public ClientBase(CallInvoker callInvoker)
        : base(callInvoker)
    {
    }

    /// <summary>A copy of this client whose calls name another host in their authority header.</summary>
    public T WithHost(string host) => NewInstance(Configuration.WithHost(host));

    protected abstract T NewInstance(ClientBaseConfiguration configuration);
}
