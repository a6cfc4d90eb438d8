using Grpc.Core;
using Microsoft.Extensions.Logging;
using PubSub.Tests.Wire.Grpc.Cases;
using PubSub.Tests.Wire.Grpc.Protos;
using PubSub.Tests.Wire.Grpc.Servers;

namespace PubSub.Tests.Wire.Grpc.Hostile;

/// <summary>
/// Our server against clients that misbehave, while a well-behaved one keeps a stream open: that stream goes on, new calls
/// are served, and Kestrel has met nothing it did not expect.
/// </summary>
public abstract class HostileClientCases : IAsyncLifetime
{
    private protected const string UnaryPath = "/grpc.testing.TestService/UnaryCall";

    private InteropClient _bystander = null!;
    private AsyncDuplexStreamingCall<StreamingOutputCallRequest, StreamingOutputCallResponse> _stream = null!;

    private protected GrpcHost Server { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Server = await GrpcHost.StartAsync();
        _bystander = new InteropClient(Server.Address);
        _stream = _bystander.Test.FullDuplexCall(InteropClient.Options());
        await PingAsync(1);
    }

    public async Task DisposeAsync()
    {
        await PingAsync(2);
        await _bystander.ExchangeAsync(10, 10);
        using (var newcomer = new InteropClient(Server.Address))
            await newcomer.ExchangeAsync(10, 10);

        _stream.Dispose();
        _bystander.Dispose();
        await Server.DisposeAsync();
        Assert.DoesNotContain(Server.Logs.Entries, entry =>
            entry.Level >= LogLevel.Error
            && entry.Category.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal)
            && entry.EventId.Name != "Http2QueueOperationsExceeded"); // how it says that it cut a flood off
    }

    private async Task PingAsync(int size)
    {
        await _stream.RequestStream.WriteAsync(InteropClient.Ask(size, size));
        Assert.True(await _stream.ResponseStream.MoveNext());
        Assert.Equal(size, _stream.ResponseStream.Current.Payload.Body.Length);
    }
}
