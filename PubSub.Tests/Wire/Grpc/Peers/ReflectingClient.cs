using System.Text.Json;
using PubSub.LocalTools;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Wire.Grpc.Peers;

/// <summary>
/// A client of another library that has no protos: as grpcurl, it asks a server's reflection what there is, builds the
/// request from the descriptors that it gets, and calls.
/// </summary>
internal static class ReflectingClient
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <param name="server">Where the server is.</param>
    /// <param name="version">Of the reflection protocol: v1 or v1alpha.</param>
    /// <param name="service">The service to describe, with its package.</param>
    /// <param name="method">A method of it, with one request and one answer.</param>
    /// <param name="request">The request as JSON, with the names of the proto; a map is a list of key and value.</param>
    public static async Task<Learned> CallAsync(Uri server, string version, string service, string method, string request)
    {
        var source = Path.Combine(Repository.Root, "PubSub.Tests", "Wire", "Grpc", "Peers", "node");
        var node = await LocalTool.NodeJs.LocateAsync();
        var start = node.StartInfo(Path.Combine(source, "reflecting.js"), server.Authority, version, service, method, request);
        start.Environment["NODE_PATH"] = await NpmModules.InstalledAsync("grpc-peer", source);
        using var patience = new CancellationTokenSource(Patience);
        var run = await ProgramRun.OfAsync(start, patience.Token);
        Assert.True(run.Succeeded, $"{version}: {run.Errors}");
        return JsonSerializer.Deserialize<Learned>(run.Output, Json)!;
    }

    /// <param name="Services">The names of all services.</param>
    /// <param name="Methods">Of the service, by name: "Request -> Answer", with "stream" before what is one.</param>
    /// <param name="Answer">The method's answer, with the names of the proto.</param>
    internal sealed record Learned(string[] Services, Dictionary<string, string> Methods, JsonElement Answer);
}
