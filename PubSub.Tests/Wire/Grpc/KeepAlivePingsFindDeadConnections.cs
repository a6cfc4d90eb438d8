using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Wire.Grpc.Cases;
using PubSub.Tests.Wire.Grpc.Hostile;
using PubSub.Tests.Wire.Grpc.Protos;
using PubSub.Tests.Wire.Grpc.Servers;

namespace PubSub.Tests.Wire.Grpc;

/// <summary>The other end is still connected and says nothing any more: a call without deadline finds out by PING.</summary>
public sealed class KeepAlivePingsFindDeadConnections
{
    // The shortest that HttpClient and Kestrel take.
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task The_client_pings_and_goes_on_while_it_is_answered()
    {
        var pings = 0;
        await using var server = new RawHttp2Server(async connection =>
        {
            var stream = await connection.AcceptRequestAsync();
            await connection.SendGrpcHeadersAsync(stream);
            var ping = await connection.ReadUntilAsync(FrameType.Ping);
            Interlocked.Increment(ref pings);
            await connection.SendAsync(new Http2Frame(FrameType.Ping, FrameFlags.EndStream, 0, ping.Payload).ToBytes());
            await connection.SendDataAsync(stream, FrameFlags.None, RawHttp2Connection.Message([]));
            await connection.SendTrailersAsync(stream);
            await connection.DrainAsync();
        });
        using var channel = TestChannel.To(server.Address, handler: PingEverySecond);

        await new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty(), InteropClient.Options());

        Assert.Equal(1, pings);
    }

    [Fact]
    public async Task The_client_gives_a_silent_server_up()
    {
        await using var server = new RawHttp2Server(async connection =>
        {
            await connection.SendGrpcHeadersAsync(await connection.AcceptRequestAsync());
            await connection.ReadSilentlyUntilAsync(FrameType.GoAway);
        });
        using var channel = TestChannel.To(server.Address, handler: PingEverySecond);

        using var call = new TestService.TestServiceClient(channel).FullDuplexCall();

        var end = await Assert.ThrowsAsync<RpcException>(() => Wait.ForAsync(call.ResponseStream.MoveNext(), "the pings to time out"));
        Assert.True(end.StatusCode is StatusCode.Unavailable or StatusCode.Internal, $"{end}");
    }

    [Fact]
    public async Task The_server_gives_a_silent_client_up_and_its_call_with_it()
    {
        await using var server = await GrpcHost.StartAsync(limits: limits =>
        {
            limits.Http2.KeepAlivePingDelay = Second;
            limits.Http2.KeepAlivePingTimeout = Second;
        });
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, server.Address.Port);
        using var silent = new RawHttp2Connection(socket, CancellationToken.None);
        var request = new HangRequest { Key = "of a silent client" };

        await silent.SendPrefaceAsync();
        await silent.SendHeadersAsync(
            1, FrameFlags.None,
            (":method", "POST"), (":scheme", "http"), (":path", "/pubsub.testing.Probe/Hang"), (":authority", "localhost"),
            ("content-type", "application/grpc"), ("te", "trailers"));
        await silent.SendDataAsync(1, FrameFlags.EndStream, RawHttp2Connection.Message(Google.Protobuf.MessageExtensions.ToByteArray(request)));
        await silent.ReadSilentlyUntilAsync(FrameType.Ping);

        using var other = new InteropClient(server.Address);
        await other.Probe.AwaitEndAsync(request, InteropClient.Options());
    }

    private static void PingEverySecond(SocketsHttpHandler handler)
    {
        handler.KeepAlivePingDelay = Second;
        handler.KeepAlivePingTimeout = Second;
        handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
    }
}
