using Grpc.Core;
using static PubSub.Tests.Wire.Grpc.Hostile.RawHttp2Connection;

namespace PubSub.Tests.Wire.Grpc.Hostile;

/// <summary>The transport is sound; what it carries is not what gRPC promises.</summary>
public sealed class ABrokenAnswerEndsCalls : HostileServerCases
{
    [Theory]
    [InlineData("400", StatusCode.Internal)]
    [InlineData("401", StatusCode.Unauthenticated)]
    [InlineData("403", StatusCode.PermissionDenied)]
    [InlineData("404", StatusCode.Unimplemented)]
    [InlineData("429", StatusCode.Unavailable)]
    [InlineData("500", StatusCode.Unknown)]
    [InlineData("502", StatusCode.Unavailable)]
    [InlineData("503", StatusCode.Unavailable)]
    [InlineData("504", StatusCode.Unavailable)]
    public Task A_proxy_answers_with_an_http_error(string httpStatus, StatusCode expected) =>
        AssertEndsAsync(Answer(async (connection, stream) =>
        {
            await connection.SendHeadersAsync(stream, FrameFlags.None, (":status", httpStatus), ("content-type", "text/html"));
            await connection.SendDataAsync(stream, FrameFlags.EndStream, "<html>sorry</html>"u8.ToArray());
        }), expected);

    [Theory]
    [InlineData("text/html")]
    [InlineData("application/json")]
    [InlineData("")]
    public Task The_content_type_is_not_grpc(string contentType) =>
        AssertEndsAsync(Answer(async (connection, stream) =>
        {
            await connection.SendHeadersAsync(stream, FrameFlags.None, (":status", "200"), ("content-type", contentType));
            await connection.SendDataAsync(stream, FrameFlags.None, Message([]));
            await connection.SendTrailersAsync(stream);
        }), StatusCode.Cancelled, StatusCode.Unknown);

    [Fact]
    public Task There_is_no_status_after_the_message() =>
        AssertEndsAsync(Answer(async (connection, stream) =>
        {
            await connection.SendGrpcHeadersAsync(stream);
            await connection.SendDataAsync(stream, FrameFlags.EndStream, Message([]));
        }), StatusCode.Cancelled, StatusCode.Unknown, StatusCode.Internal);

    [Fact]
    public Task There_is_nothing_but_headers() =>
        AssertEndsAsync(Answer((connection, stream) => connection.SendHeadersAsync(
            stream, FrameFlags.EndStream, (":status", "200"), ("content-type", "application/grpc"))),
            StatusCode.Cancelled, StatusCode.Unknown, StatusCode.Internal);

    [Fact]
    public Task An_answer_of_trailers_only_carries_its_status() =>
        AssertEndsAsync(Answer((connection, stream) => connection.SendHeadersAsync(
            stream, FrameFlags.EndStream, (":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "5"))),
            StatusCode.NotFound);

    [Theory]
    [InlineData("99")]
    [InlineData("-1")]
    [InlineData("")]
    [InlineData("ok")]
    public async Task The_status_is_no_status(string grpcStatus)
    {
        var script = Answer(async (connection, stream) =>
        {
            await connection.SendGrpcHeadersAsync(stream);
            await connection.SendDataAsync(stream, FrameFlags.None, Message([]));
            await connection.SendTrailersAsync(stream, grpcStatus);
        });

        Assert.NotEqual(StatusCode.OK, (await UnaryAsync(script)).StatusCode);
        Assert.NotEqual(StatusCode.OK, (await DuplexAsync(script)).StatusCode);
    }

    [Theory]
    [InlineData("%", "%")]
    [InlineData("100%zz", "100%zz")]
    [InlineData("%41%42", "AB")]
    [InlineData("%e2%98%ba", "☺")]
    public async Task A_message_that_is_badly_encoded_is_shown_as_it_is(string sent, string shown)
    {
        var script = Answer((connection, stream) => connection.SendHeadersAsync(
            stream, FrameFlags.EndStream,
            (":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "9"), ("grpc-message", sent)));

        var status = await UnaryAsync(script);

        Assert.Equal(StatusCode.FailedPrecondition, status.StatusCode);
        Assert.Equal(shown, status.Detail);
    }

    [Fact]
    public Task A_message_ends_halfway_with_the_stream() =>
        AssertEndsAsync(Answer(async (connection, stream) =>
        {
            await connection.SendGrpcHeadersAsync(stream);
            await connection.SendDataAsync(stream, FrameFlags.EndStream, Message(new byte[10], declaredLength: 100));
        }), StatusCode.Internal, StatusCode.Unknown);

    [Fact]
    public Task A_message_ends_halfway_before_trailers_that_say_ok() =>
        AssertEndsAsync(Answer(async (connection, stream) =>
        {
            await connection.SendGrpcHeadersAsync(stream);
            await connection.SendDataAsync(stream, FrameFlags.None, Message(new byte[10], declaredLength: 100));
            await connection.SendTrailersAsync(stream);
        }), StatusCode.Internal);

    [Fact]
    public Task A_prefix_ends_halfway_before_trailers_that_say_ok() =>
        AssertEndsAsync(Answer(async (connection, stream) =>
        {
            await connection.SendGrpcHeadersAsync(stream);
            await connection.SendDataAsync(stream, FrameFlags.None, 0, 0, 0);
            await connection.SendTrailersAsync(stream);
        }), StatusCode.Internal);

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    public Task A_prefix_claims_more_than_the_limit(int length) =>
        AssertEndsAsync(Answer(async (connection, stream) =>
        {
            await connection.SendGrpcHeadersAsync(stream);
            await connection.SendDataAsync(stream, FrameFlags.None, Message([1, 2, 3], length));
            await connection.SendTrailersAsync(stream);
        }), StatusCode.ResourceExhausted, StatusCode.Internal);

    [Theory]
    [InlineData(1, null)]
    [InlineData(1, "no-such-encoding")]
    [InlineData(1, "gzip")]
    [InlineData(7, null)]
    public Task A_message_is_not_compressed_as_it_says(byte flag, string? encoding) =>
        AssertEndsAsync(Answer(async (connection, stream) =>
        {
            (string, string)[] headers = [(":status", "200"), ("content-type", "application/grpc")];
            await connection.SendHeadersAsync(
                stream, FrameFlags.None, encoding is null ? headers : [.. headers, ("grpc-encoding", encoding)]);
            await connection.SendDataAsync(stream, FrameFlags.None, Message([1, 2, 3], compressed: flag));
            await connection.SendTrailersAsync(stream);
        }), StatusCode.Internal, StatusCode.Unimplemented);

    [Fact]
    public Task A_message_is_no_protobuf() =>
        AssertEndsAsync(Answer(async (connection, stream) =>
        {
            await connection.SendGrpcHeadersAsync(stream);
            await connection.SendDataAsync(stream, FrameFlags.None, Message([0xff, 0xff, 0xff]));
            await connection.SendTrailersAsync(stream);
        }), StatusCode.Internal, StatusCode.Unavailable);

    [Fact]
    public async Task A_unary_call_is_answered_twice_or_not_at_all()
    {
        foreach (var count in (int[])[0, 2])
        {
            var status = await UnaryAsync(Answer(async (connection, stream) =>
            {
                await connection.SendGrpcHeadersAsync(stream);
                for (var sent = 0; sent < count; sent++)
                    await connection.SendDataAsync(stream, FrameFlags.None, Message([]));
                await connection.SendTrailersAsync(stream);
            }));
            Assert.Equal(StatusCode.Internal, status.StatusCode);
        }
    }

    private static Func<RawHttp2Connection, Task> Answer(Func<RawHttp2Connection, int, Task> answer) => async connection =>
    {
        await answer(connection, await connection.AcceptRequestAsync());
        await connection.DrainAsync();
    };
}
