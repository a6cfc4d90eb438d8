using System.Globalization;
using System.Net.Http.Json;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Wire.Telemetry;

namespace PubSub.Tests.Cluster;

/// <summary>All processes report to one collector; the publisher is BizServer.</summary>
[Collection(FailingCluster.Name)]
public sealed class OnePushIsOneTree(Xunit.Abstractions.ITestOutputHelper output)
{
    [Fact]
    public async Task From_the_publisher_over_append_and_resolve_to_the_fan_out_on_each_node()
    {
        await using var collector = await OtlpCollector.StartAsync();
        var telemetry = new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.GrpcEndpoint.ToString(),
            ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
        };
        await using var cluster = await TestCluster.StartAsync(new TestClusterSize(Nodes: 2, PushManagers: 1, Controllers: 1), telemetry);
        await using var alice = await ClusterClient.ConnectAsync(cluster.NodeUri(0), "alice", "traced");
        await using var bob = await ClusterClient.ConnectAsync(cluster.NodeUri(1), "bob", "traced");

        var port = FreePort.Next();
        await using var business = await ServiceProcess.StartAsync("PubSub.BizServer", "biz-server-1", new Dictionary<string, string>(telemetry)
        {
            ["ETCD_ENDPOINTS"] = cluster.Etcd.Endpoint,
            ["REDIS_CONNECTION"] = cluster.Redis.Endpoint,
            ["PUSH_MANAGER_ADDRESS"] = $"127.0.0.1:{cluster.PushPorts[0]}",
            ["HTTP_PORT"] = port.ToString(CultureInfo.InvariantCulture),
        });
        using var http = new HttpClient();
        using var sent = await http.PostAsJsonAsync(
            $"http://127.0.0.1:{port}/logic/send", new { roomId = "traced", userId = "clerk", messages = new[] { new { content = "hello" } } });
        Assert.True(sent.IsSuccessStatusCode, await sent.Content.ReadAsStringAsync());
        await Task.WhenAll(alice.ForDeliveryAsync("hello"), bob.ForDeliveryAsync("hello"));

        await Wait.UntilAsync(() => Fanouts(collector).Count >= 2, "two fan-outs");
        var trace = Fanouts(collector)[0].TraceId;
        // Each process reports at a time of its own, so the parts of a tree come in any order.
        await Wait.UntilAsync(() => IsWhole(Tree(collector, trace)), "each span's parent, and the root");
        var spans = Tree(collector, trace);
        output.WriteLine(string.Join('\n', spans));

        var root = Assert.Single(spans, span => span.ParentId.Length == 0);
        Assert.Equal("biz-server", root.Service);
        var byId = spans.ToDictionary(span => span.SpanId);
        Assert.Equal(["biz-server", "connect-node", "push-manager"], spans.Select(span => span.Service).Distinct().Order());

        foreach (var fanout in Fanouts(collector))
        {
            var way = WayUp(fanout, byId).ToList();
            Assert.Equal("node", way[1].Span.Name);
            Assert.Equal("push-manager", way[1].Service);
            Assert.Equal(root, way[^1]);
            Assert.Equal("1", fanout.Tags["pubsub.sessions"]);
        }

        var append = Assert.Single(spans, span => span.Span.Name == "append");
        var resolve = Assert.Single(spans, span => span.Span.Name == "resolve");
        Assert.All([append, resolve], span => Assert.Equal(root, WayUp(span, byId).Last()));
    }

    private static List<ReceivedSpan> Fanouts(OtlpCollector collector) => [.. collector.Spans.Where(span => span.Span.Name.EndsWith("fan-out", StringComparison.Ordinal))];

    private static List<ReceivedSpan> Tree(OtlpCollector collector, string trace) => [.. collector.Spans.Where(span => span.TraceId == trace)];

    private static bool IsWhole(List<ReceivedSpan> spans)
    {
        var ids = spans.Select(span => span.SpanId).ToHashSet();
        return spans.All(span => span.ParentId.Length == 0 || ids.Contains(span.ParentId)) && spans.Any(span => span.ParentId.Length == 0);
    }

    private static IEnumerable<ReceivedSpan> WayUp(ReceivedSpan span, Dictionary<string, ReceivedSpan> byId)
    {
        for (var at = span; at is not null; at = byId.GetValueOrDefault(at.ParentId))
            yield return at;
    }
}
