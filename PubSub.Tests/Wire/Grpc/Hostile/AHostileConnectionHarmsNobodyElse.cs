using System.Net;
using System.Net.Sockets;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Wire.Grpc.Cases;
using static PubSub.Tests.Wire.Grpc.Hostile.RawHttp2Connection;

namespace PubSub.Tests.Wire.Grpc.Hostile;

/// <summary>Connections that are no HTTP/2, or end where they should not.</summary>
public sealed class AHostileConnectionHarmsNobodyElse : HostileClientCases
{
    public static TheoryData<string> Openings => [.. OpeningBytes.Keys];

    private static readonly Dictionary<string, byte[]> OpeningBytes = new()
    {
        ["noise"] = [.. Enumerable.Range(0, 2000).Select(value => (byte)(value * 151))],
        ["a preface with a typing error"] = "PRI * HTTP/2.0\r\n\r\nSN\r\n\r\n"u8.ToArray(),
        ["an HTTP/1.1 request"] = "POST /grpc.testing.TestService/UnaryCall HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"u8.ToArray(),
    };

    [Theory]
    [MemberData(nameof(Openings))]
    public async Task The_preface_is(string kind)
    {
        using var connection = await ConnectAsync();
        await connection.SendAsync(OpeningBytes[kind]);

        await AssertClosedAsync(connection);
    }

    [Fact]
    public async Task The_preface_never_comes()
    {
        using var silent = await ConnectAsync();
        using var half = await ConnectAsync();
        await half.SendAsync("PRI * HT"u8.ToArray());
        using var tls = await ConnectAsync();
        await tls.SendAsync(new byte[] { 0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03 });

        using var newcomer = new InteropClient(Server.Address);
        await newcomer.ExchangeAsync(1000, 1000);
    }

    public static TheoryData<string> Frames => [.. BadFrames.Keys];

    private static readonly Dictionary<string, byte[]> BadFrames = new()
    {
        ["a frame larger than agreed"] = new Http2Frame(FrameType.Data, 0, 1, new byte[100]).ToBytes(0xFFFFFF),
        ["DATA on a stream nobody opened"] = new Http2Frame(FrameType.Data, 0, 7, new byte[10]).ToBytes(),
        ["HEADERS on an even stream"] = new Http2Frame(FrameType.Headers, FrameFlags.EndHeaders, 2, new byte[] { 0x82 }).ToBytes(),
        ["a header block of nonsense"] =
            new Http2Frame(FrameType.Headers, FrameFlags.EndHeaders, 1, Enumerable.Repeat((byte)0xff, 60).ToArray()).ToBytes(),
        ["a PING of seven bytes"] = new Http2Frame(FrameType.Ping, 0, 0, new byte[7]).ToBytes(),
        ["a window that overflows"] = new Http2Frame(FrameType.WindowUpdate, 0, 0, BigEndian(int.MaxValue)).ToBytes(),
    };

    [Theory]
    [MemberData(nameof(Frames))]
    public async Task After_the_preface_comes(string kind)
    {
        using var connection = await ConnectAsync();
        await connection.SendPrefaceAsync();
        await connection.SendAsync(BadFrames[kind]);

        await AssertClosedAsync(connection);
    }

    [Fact]
    public async Task Streams_are_opened_and_reset_without_end()
    {
        using var connection = await ConnectAsync();
        await connection.SendPrefaceAsync();

        await AssertClosedAsync(connection, async () =>
        {
            for (var stream = 1; ; stream += 2)
            {
                await OpenCallAsync(connection, stream);
                await connection.ResetAsync(stream, 8);
            }
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_leaves_amid_its_message(bool abruptly)
    {
        using var connection = await ConnectAsync();
        await connection.SendPrefaceAsync();
        await OpenCallAsync(connection, stream: 1);
        await connection.SendDataAsync(1, FrameFlags.None, Message(new byte[10], declaredLength: 100));
        if (abruptly)
            connection.Abort();
    }

    private async Task<RawHttp2Connection> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, Server.Address.Port);
        return new RawHttp2Connection(socket, CancellationToken.None);
    }

    private static Task OpenCallAsync(RawHttp2Connection connection, int stream) => connection.SendHeadersAsync(
        stream, FrameFlags.None,
        (":method", "POST"), (":scheme", "http"), (":path", UnaryPath), (":authority", "localhost"),
        ("content-type", "application/grpc"), ("te", "trailers"));

    // The server may answer first (an error, GOAWAY); what counts is that it lets go.
    private static async Task AssertClosedAsync(RawHttp2Connection connection, Func<Task>? meanwhile = null)
    {
        try
        {
            var writing = meanwhile?.Invoke() ?? Task.CompletedTask;
            await Wait.ForAsync(Task.WhenAll(writing, connection.DrainAsync()), "the server to close the connection");
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // Closed with a TCP reset.
        }
    }
}
