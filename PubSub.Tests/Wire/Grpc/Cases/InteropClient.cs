using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Wire.Grpc.Protos;
using PubSub.Tests.Wire.Grpc.Servers;

namespace PubSub.Tests.Wire.Grpc.Cases;

/// <summary>Our client against one server, with what the cases have in common.</summary>
internal sealed class InteropClient : IDisposable
{
    private readonly GrpcChannel _channel;

    public InteropClient(Uri address, Action<GrpcChannelOptions>? configure = null)
    {
        _channel = TestChannel.To(address, configure);
        Test = new TestService.TestServiceClient(_channel);
        Missing = new UnimplementedService.UnimplementedServiceClient(_channel);
        Probe = new Probe.ProbeClient(_channel);
    }

    public TestService.TestServiceClient Test { get; }

    public UnimplementedService.UnimplementedServiceClient Missing { get; }

    public Probe.ProbeClient Probe { get; }

    public ConnectivityState State => _channel.State;

    /// <summary>A deadline that a call which works never meets: without it, one that does not would hang.</summary>
    public static DateTime Deadline => TimeProvider.System.GetUtcNow().UtcDateTime + Wait.Patience;

    public static CallOptions Options(Metadata? headers = null) => new(headers, Deadline);

    public static SimpleRequest Simple(int requestSize, int responseSize) =>
        new() { ResponseSize = responseSize, Payload = Zeros(requestSize) };

    public static StreamingOutputCallRequest Ask(int payload, params int[] sizes) =>
        new() { Payload = Zeros(payload), ResponseParameters = { sizes.Select(size => new ResponseParameters { Size = size }) } };

    public static Payload Zeros(int size) => new() { Body = UnsafeByteOperations.UnsafeWrap(new byte[size]) };

    public void Dispose() => _channel.Dispose();

    public async Task ExchangeAsync(int requestSize, int responseSize)
    {
        var reply = await Test.UnaryCallAsync(Simple(requestSize, responseSize), Options());

        Assert.Equal(responseSize, reply.Payload.Body.Length);
        Assert.False(reply.Payload.Body.Span.ContainsAnyExcept((byte)0));
    }

    public static async Task<RpcException> FailsAsync(StatusCode code, Task call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => Wait.ForAsync(call, $"a call to end with {code}"));
        Assert.Equal(code, error.StatusCode);
        return error;
    }
}
