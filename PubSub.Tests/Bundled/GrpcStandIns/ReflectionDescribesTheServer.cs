using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Reflection.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using V1Alpha = Grpc.Reflection.V1Alpha;

namespace PubSub.Tests.Bundled.GrpcStandIns;

public sealed class ReflectionDescribesTheServer
{
    private const string Package = "pubsub.testing.painting";
    private const string PainterFile = "Bundled/GrpcStandIns/painter.proto";
    private const string PaletteFile = "Bundled/GrpcStandIns/palette.proto";
    private const string TimestampFile = "google/protobuf/timestamp.proto";

    private static readonly (string Symbol, string File)[] Declared =
    [
        ($"{Package}.Painter", PainterFile),
        ($"{Package}.Painter.Paint", PainterFile),
        ($"{Package}.Order", PainterFile),
        ($"{Package}.Order.Frame", PainterFile),
        ($"{Package}.Order.Frame.width", PainterFile),
        ($"{Package}.Order.style", PainterFile),
        ($"{Package}.Palette.Ground", PaletteFile),
        ($"{Package}.Palette.CANVAS_WHITE", PaletteFile),
        ($"{Package}.varnish", PaletteFile),
        ($"{Package}.Brushes.bristles", PaletteFile),
        ("google.protobuf.Timestamp", TimestampFile),
    ];

    public static TheoryData<string> Versions => ["v1", "v1alpha"];

    public static TheoryData<string, string, string> Symbols
    {
        get
        {
            var cases = new TheoryData<string, string, string>();
            foreach (var (symbol, file) in Declared)
            {
                cases.Add("v1", symbol, file);
                cases.Add("v1alpha", symbol, file);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task It_lists_every_mapped_service(string version)
    {
        var response = Assert.Single(await AskAsync(version, new ServerReflectionRequest { ListServices = "" }));

        Assert.Equal(
            ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection", $"{Package}.Painter"],
            response.ListServicesResponse.Service.Select(service => service.Name).Order());
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task It_answers_each_request_of_a_stream_in_its_order(string version)
    {
        ServerReflectionRequest[] requests =
        [
            new() { Host = "one", FileByFilename = PaletteFile },
            new() { Host = "two", FileByFilename = "nowhere.proto" },
            new() { Host = "three", FileContainingSymbol = $"{Package}.Painter" },
        ];

        var responses = await AskAsync(version, requests);

        Assert.Equal(requests, responses.Select(response => response.OriginalRequest));
        Assert.Equal(["one", "two", "three"], responses.Select(response => response.ValidHost));
        Assert.Equal([PaletteFile], Files(responses[0]));
        Assert.Equal((int)StatusCode.NotFound, responses[1].ErrorResponse.ErrorCode);
        Assert.Contains("nowhere.proto", responses[1].ErrorResponse.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal([PainterFile, PaletteFile, TimestampFile], Files(responses[2]));
    }

    [Theory]
    [MemberData(nameof(Symbols))]
    public async Task It_knows_where_a_symbol_is_declared(string version, string symbol, string file)
    {
        var request = new ServerReflectionRequest { FileContainingSymbol = symbol };

        Assert.Equal(file, Files(Assert.Single(await AskAsync(version, request)))[0]);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task It_finds_extensions_by_type_and_number(string version)
    {
        var responses = await AskAsync(
            version,
            new ServerReflectionRequest { AllExtensionNumbersOfType = $"{Package}.Palette" },
            new ServerReflectionRequest { AllExtensionNumbersOfType = $"{Package}.Order.Frame" },
            new ServerReflectionRequest { AllExtensionNumbersOfType = $"{Package}.Nothing" },
            new ServerReflectionRequest { FileContainingExtension = Extension(150) },
            new ServerReflectionRequest { FileContainingExtension = Extension(151) });

        Assert.Equal([110, 120, 150], responses[0].AllExtensionNumbersResponse.ExtensionNumber);
        Assert.Equal($"{Package}.Palette", responses[0].AllExtensionNumbersResponse.BaseTypeName);
        Assert.Empty(responses[1].AllExtensionNumbersResponse.ExtensionNumber);
        Assert.Equal((int)StatusCode.NotFound, responses[2].ErrorResponse.ErrorCode);
        Assert.Equal([PaletteFile], Files(responses[3]));
        Assert.Equal((int)StatusCode.NotFound, responses[4].ErrorResponse.ErrorCode);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_request_that_asks_nothing_gets_an_error(string version) =>
        Assert.Equal(
            (int)StatusCode.InvalidArgument,
            Assert.Single(await AskAsync(version, new ServerReflectionRequest())).ErrorResponse.ErrorCode);

    [Fact]
    public async Task Mapping_it_without_adding_it_says_what_to_add()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => Studio.OpenAsync(map: app => app.MapGrpcReflectionService()));

        Assert.Contains("AddGrpcReflection", error.Message, StringComparison.Ordinal);
    }

    private static ExtensionRequest Extension(int number) =>
        new() { ContainingType = $"{Package}.Palette", ExtensionNumber = number };

    private static string[] Files(ServerReflectionResponse response) =>
    [
        .. response.FileDescriptorResponse.FileDescriptorProto
            .Select(file => FileDescriptorProto.Parser.ParseFrom(file).Name),
    ];

    /// <summary>The two versions differ in the name of the service only, so both speak v1 here.</summary>
    private static async Task<IReadOnlyList<ServerReflectionResponse>> AskAsync(
        string version, params ServerReflectionRequest[] requests)
    {
        await using var studio = await Studio.OpenAsync(
            services: services => services.AddGrpcReflection(), map: app => app.MapGrpcReflectionService());
        using var channel = GrpcChannel.ForAddress(studio.Address);
        var responses = version == "v1"
            ? await AskAsync(new ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo(), requests)
            : (await AskAsync(
                new V1Alpha.ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo(),
                requests.Select(request => V1Alpha.ServerReflectionRequest.Parser.ParseFrom(request.ToByteString()))))
                .ConvertAll(response => ServerReflectionResponse.Parser.ParseFrom(response.ToByteString()));
        studio.Logs.AssertOnly();
        return responses;
    }

    private static async Task<List<TResponse>> AskAsync<TRequest, TResponse>(
        AsyncDuplexStreamingCall<TRequest, TResponse> call, IEnumerable<TRequest> requests)
    {
        using (call)
        {
            foreach (var request in requests)
                await call.RequestStream.WriteAsync(request);

            await call.RequestStream.CompleteAsync();
            var responses = new List<TResponse>();
            await foreach (var response in call.ResponseStream.ReadAllAsync())
                responses.Add(response);

            return responses;
        }
    }
}
