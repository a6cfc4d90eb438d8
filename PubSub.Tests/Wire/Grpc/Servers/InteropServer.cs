namespace PubSub.Tests.Wire.Grpc.Servers;

/// <summary>A server of the interop and probe services in some language, shared by the tests of a collection.</summary>
public abstract class InteropServer : IAsyncLifetime
{
    internal abstract Uri Address { get; }

    internal abstract Uri TlsAddress { get; }

    /// <summary>Whether it is able to compress what it answers.</summary>
    internal virtual bool CompressesAnswers => true;

    public abstract Task InitializeAsync();

    public abstract Task DisposeAsync();
}

/// <summary>Grpc.AspNetCore on Kestrel.</summary>
public sealed class OurServer : InteropServer
{
    private const int ErrorExecutingServiceMethod = 6;

    internal GrpcHost Host { get; private set; } = null!;

    internal override Uri Address => Host.Address;

    internal override Uri TlsAddress => Host.TlsAddress;

    public override async Task InitializeAsync() => Host = await GrpcHost.StartAsync();

    public override async Task DisposeAsync()
    {
        await Host.DisposeAsync();
        // A client that resets its stream while the service reads: the library calls that an error of the service.
        Host.Logs.AssertOnly(ErrorExecutingServiceMethod);
    }
}
