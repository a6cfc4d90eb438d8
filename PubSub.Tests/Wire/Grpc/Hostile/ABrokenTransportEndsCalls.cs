using Grpc.Core;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Wire.Grpc.Cases;
using PubSub.Tests.Wire.Grpc.Protos;
using static PubSub.Tests.Wire.Grpc.Hostile.RawHttp2Connection;

namespace PubSub.Tests.Wire.Grpc.Hostile;

/// <summary>Resets, garbage, connections that end or fall silent.</summary>
public sealed class ABrokenTransportEndsCalls : HostileServerCases
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);

    [Theory]
    [InlineData(0x0, StatusCode.Internal)] // NO_ERROR
    [InlineData(0x1, StatusCode.Internal)] // PROTOCOL_ERROR
    [InlineData(0x2, StatusCode.Internal)] // INTERNAL_ERROR
    [InlineData(0x3, StatusCode.Internal)] // FLOW_CONTROL_ERROR
    [InlineData(0x5, StatusCode.Internal)] // STREAM_CLOSED
    [InlineData(0x7, StatusCode.Unavailable)] // REFUSED_STREAM
    [InlineData(0x8, StatusCode.Cancelled)] // CANCEL
    [InlineData(0xb, StatusCode.ResourceExhausted)] // ENHANCE_YOUR_CALM
    [InlineData(0xc, StatusCode.PermissionDenied)] // INADEQUATE_SECURITY
    [InlineData(0xabcdef, StatusCode.Internal)] // unheard of
    public async Task A_stream_is_reset_after_its_headers(int code, StatusCode expected)
    {
        await AssertEndsAsync(async connection =>
        {
            var stream = await connection.AcceptRequestAsync();
            await connection.SendGrpcHeadersAsync(stream);
            await connection.ResetAsync(stream, code);
            await connection.DrainAsync();
        }, expected);
    }

    [Theory]
    [InlineData(0x1, StatusCode.Internal)]
    [InlineData(0x7, StatusCode.Unavailable)]
    [InlineData(0x8, StatusCode.Cancelled)]
    public async Task A_stream_is_reset_before_its_headers(int code, StatusCode expected)
    {
        await AssertEndsAsync(async connection =>
        {
            await connection.ReadPrefaceAsync();
            await connection.SendAsync(FrameType.Settings, FrameFlags.None, 0);
            while (true)
            {
                var request = await connection.ReadUntilAsync(FrameType.Headers);
                await connection.ResetAsync(request.StreamId, code);
            }
        }, expected);
    }

    public static TheoryData<string> Garbage => [.. GarbageFrames.Keys];

    private static readonly Dictionary<string, Func<int, byte[]>> GarbageFrames = new()
    {
        ["bytes of no frame"] = _ => [.. Enumerable.Range(0, 500).Select(value => (byte)(value * 37))],
        ["an HTTP/1.1 answer"] = _ => "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"u8.ToArray(),
        ["a frame larger than agreed"] = stream => new Http2Frame(FrameType.Data, 0, stream, new byte[100]).ToBytes(0xFFFFFF),
        ["DATA on stream 0"] = _ => new Http2Frame(FrameType.Data, 0, 0, new byte[10]).ToBytes(),
        ["HEADERS on a stream nobody opened"] = _ => new Http2Frame(FrameType.Headers, FrameFlags.EndHeaders, 77, new byte[] { 0x88 }).ToBytes(),
        ["a header block of nonsense"] = stream =>
            new Http2Frame(FrameType.Headers, FrameFlags.EndHeaders, stream, Enumerable.Repeat((byte)0xff, 60).ToArray()).ToBytes(),
        ["a PING of seven bytes"] = _ => new Http2Frame(FrameType.Ping, 0, 0, new byte[7]).ToBytes(),
        ["a window that overflows"] = _ => new Http2Frame(FrameType.WindowUpdate, 0, 0, BigEndian(int.MaxValue)).ToBytes(),
        ["a window of nothing"] = _ => new Http2Frame(FrameType.WindowUpdate, 0, 0, new byte[4]).ToBytes(),
        ["a forbidden push"] = stream =>
            new Http2Frame(FrameType.PushPromise, FrameFlags.EndHeaders, stream, new byte[] { 0, 0, 0, 2, 0x88 }).ToBytes(),
        ["CONTINUATION of nothing"] = stream => new Http2Frame(FrameType.Continuation, FrameFlags.EndHeaders, stream, new byte[] { 0x88 }).ToBytes(),
        // HTTP/2 would have it ignored; HttpClient takes it for an error.
        ["a frame of unknown type"] = stream => new Http2Frame((FrameType)0xbe, 0, stream, new byte[] { 1, 2, 3 }).ToBytes(),
        ["half a frame"] = stream => new Http2Frame(FrameType.Data, 0, stream, new byte[100]).ToBytes()[..40],
    };

    [Theory]
    [MemberData(nameof(Garbage))]
    public async Task Garbage_arrives_instead_of_an_answer(string kind)
    {
        await AssertEndsAsync(async connection =>
        {
            var stream = await connection.AcceptRequestAsync();
            await connection.SendAsync(GarbageFrames[kind](stream));
        }, StatusCode.Internal, StatusCode.Unavailable);
    }

    [Theory]
    [MemberData(nameof(Garbage))]
    public async Task Garbage_arrives_amid_an_answer(string kind)
    {
        await AssertEndsAsync(async connection =>
        {
            var stream = await connection.AcceptRequestAsync();
            await connection.SendGrpcHeadersAsync(stream);
            await connection.SendDataAsync(stream, FrameFlags.None, Message([], declaredLength: 100));
            await connection.SendAsync(GarbageFrames[kind](stream));
        }, StatusCode.Internal, StatusCode.Unavailable);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_connection_ends_without_an_answer(bool abruptly)
    {
        await AssertEndsAsync(async connection =>
        {
            await connection.AcceptRequestAsync();
            End(connection, abruptly);
        }, StatusCode.Unavailable, StatusCode.Internal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_connection_ends_amid_a_message(bool abruptly)
    {
        await AssertEndsAsync(async connection =>
        {
            var stream = await connection.AcceptRequestAsync();
            await connection.SendGrpcHeadersAsync(stream);
            await connection.SendDataAsync(stream, FrameFlags.None, Message(new byte[10], declaredLength: 100));
            End(connection, abruptly);
        }, StatusCode.Unavailable, StatusCode.Internal);
    }

    [Fact]
    public async Task The_server_goes_away_before_it_took_the_call()
    {
        await AssertEndsAsync(async connection =>
        {
            await connection.AcceptRequestAsync();
            await connection.GoAwayAsync(lastStreamId: 0, code: 0);
        }, StatusCode.Unavailable, StatusCode.Internal);
    }

    [Theory]
    [InlineData(0x0)]
    [InlineData(0x2)]
    [InlineData(0xb)]
    public async Task The_server_goes_away_amid_a_call(int code)
    {
        await AssertEndsAsync(async connection =>
        {
            var stream = await connection.AcceptRequestAsync();
            await connection.SendGrpcHeadersAsync(stream);
            await connection.GoAwayAsync(stream, code);
        }, StatusCode.Unavailable, StatusCode.Internal, StatusCode.ResourceExhausted);
    }

    [Fact]
    public async Task A_call_taken_before_the_server_goes_away_is_still_answered()
    {
        await AssertEndsAsync(async connection =>
        {
            var stream = await connection.AcceptRequestAsync();
            await connection.GoAwayAsync(stream, code: 0);
            await connection.SendGrpcHeadersAsync(stream);
            await connection.SendDataAsync(stream, FrameFlags.None, Message([]));
            await connection.SendTrailersAsync(stream);
            await connection.DrainAsync();
        }, StatusCode.OK);
    }

    public static TheoryData<string> Silence => [.. Silences.Keys];

    private static readonly Dictionary<string, Func<RawHttp2Connection, Task>> Silences = new()
    {
        ["from the start"] = _ => Task.CompletedTask,
        ["after the request"] = connection => connection.AcceptRequestAsync(),
        ["after the headers"] = async connection => await connection.SendGrpcHeadersAsync(await connection.AcceptRequestAsync()),
        ["amid a message"] = async connection =>
        {
            var stream = await connection.AcceptRequestAsync();
            await connection.SendGrpcHeadersAsync(stream);
            await connection.SendDataAsync(stream, FrameFlags.None, Message(new byte[10], declaredLength: 100));
        },
        ["before the trailers"] = async connection =>
        {
            var stream = await connection.AcceptRequestAsync();
            await connection.SendGrpcHeadersAsync(stream);
            await connection.SendDataAsync(stream, FrameFlags.None, Message([]));
        },
    };

    [Theory]
    [MemberData(nameof(Silence))]
    public async Task A_deadline_ends_the_wait_for_a_silent_server(string since)
    {
        Task Script(RawHttp2Connection connection) => FallSilentAsync(connection, Silences[since]);

        Assert.Equal(StatusCode.DeadlineExceeded, (await UnaryAsync(Script, Short)).StatusCode);
        Assert.Equal(StatusCode.DeadlineExceeded, (await DuplexAsync(Script, Short)).StatusCode);
    }

    [Fact]
    public async Task A_deadline_frees_a_writer_whose_messages_nobody_reads()
    {
        await using var server = new RawHttp2Server(connection => FallSilentAsync(connection, _ => Task.CompletedTask));
        using var client = new InteropClient(server.Address);
        using var call = client.Test.StreamingInputCall(deadline: TimeProvider.System.GetUtcNow().UtcDateTime + Short);

        // The flow control of HTTP/2 allows 64 KB until the other side has read something.
        var write = call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = InteropClient.Zeros(1024 * 1024) });

        await InteropClient.FailsAsync(StatusCode.DeadlineExceeded, call.ResponseAsync);
        Assert.NotNull(await Record.ExceptionAsync(() => Wait.ForAsync(write, "the write to be given up")));
        Assert.True(write.IsCompleted);
    }

    private static async Task FallSilentAsync(RawHttp2Connection connection, Func<RawHttp2Connection, Task> before)
    {
        await before(connection);
        await Task.Delay(Timeout.Infinite, connection.Stopping);
    }

    private static void End(RawHttp2Connection connection, bool abruptly)
    {
        if (abruptly)
            connection.Abort();
    }
}
