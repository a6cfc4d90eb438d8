using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using static PubSub.Tests.Wire.Grpc.Hostile.RawHttp2Connection;

namespace PubSub.Tests.Wire.Grpc.Hostile;

/// <summary>Requests of sound HTTP/2 that are not what gRPC promises.</summary>
public sealed class AHostileRequestIsAnsweredWithAStatus : HostileClientCases
{
    // Unknown stands where the library lets an exception of its own through as if the service had thrown it.
    public static TheoryData<string, StatusCode> Bodies => new()
    {
        { "half a prefix", StatusCode.Internal },
        { "half a message", StatusCode.Internal },
        { "no message", StatusCode.Internal },
        { "two messages", StatusCode.Internal },
        { "a prefix of 2 GB", StatusCode.ResourceExhausted },
        { "a prefix of 4 GB", StatusCode.Unknown },
        { "compressed without an encoding", StatusCode.Internal },
        { "compressed, it says", StatusCode.Unknown },
        { "no protobuf", StatusCode.Unknown },
    };

    private static byte[] BodyOf(string kind) => kind switch
    {
        "half a prefix" => [0, 0],
        "half a message" => Message(new byte[10], declaredLength: 100),
        "no message" => [],
        "two messages" => [.. Message([]), .. Message([])],
        "a prefix of 2 GB" => Message([1, 2, 3], int.MaxValue),
        "a prefix of 4 GB" => Message([1, 2, 3], -1),
        "compressed without an encoding" or "compressed, it says" => Message([1, 2, 3], compressed: 1),
        "no protobuf" => Message([0xff, 0xff, 0xff]),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task The_body_is(string kind, StatusCode expected)
    {
        using var response = await PostAsync(UnaryPath, BodyOf(kind), request =>
        {
            if (kind == "compressed, it says")
                request.Headers.Add("grpc-encoding", "gzip");
        });

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(((int)expected).ToString(null, null), GrpcStatusOf(response));
    }

    [Fact]
    public async Task The_encoding_is_unknown_and_those_known_are_named()
    {
        using var response = await PostAsync(
            UnaryPath, Message([1], compressed: 1), request => request.Headers.Add("grpc-encoding", "no-such-encoding"));

        Assert.Equal(((int)StatusCode.Unimplemented).ToString(null, null), GrpcStatusOf(response));
        Assert.Contains("gzip", string.Join(',', response.Headers.GetValues("grpc-accept-encoding")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/plain")]
    public async Task The_content_type_is_not_grpc(string contentType)
    {
        using var response = await PostAsync(
            UnaryPath, Message([]), request => request.Content!.Headers.ContentType = new MediaTypeHeaderValue(contentType));

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("-1S")]
    [InlineData("99999999999999H")]
    public async Task A_timeout_that_is_none_is_passed_over(string timeout)
    {
        using var response = await PostAsync(UnaryPath, Message([]), request => request.Headers.Add("grpc-timeout", timeout));

        Assert.Equal("0", GrpcStatusOf(response));
    }

    private async Task<HttpResponseMessage> PostAsync(string path, byte[] body, Action<HttpRequestMessage> configure)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Server.Address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
            Headers = { { "te", "trailers" } },
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        configure(request);
        return await http.SendAsync(request);
    }

    private static string GrpcStatusOf(HttpResponseMessage response) =>
        response.TrailingHeaders.Concat(response.Headers).First(header => header.Key == "grpc-status").Value.Single();
}
