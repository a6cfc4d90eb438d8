using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Aspire.Dashboard;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Dashboard;

/// <summary>The real exporter sends, over both protocols, and the API gives it back.</summary>
public sealed class TelemetryArrivesAndIsServed : IAsyncLifetime
{
    private RunningDashboard _dashboard = null!;

    public async Task InitializeAsync() => _dashboard = await RunningDashboard.StartAsync();

    public async Task DisposeAsync() => await _dashboard.DisposeAsync();

    public static TheoryData<OtlpExportProtocol> Protocols => [OtlpExportProtocol.Grpc, OtlpExportProtocol.HttpProtobuf];

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_trace_is_found_by_its_id_with_all_that_its_spans_said(OtlpExportProtocol protocol)
    {
        using var source = new ActivitySource($"Traces.{protocol}");
        string id;
        using (var provider = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(Service("push-manager", "push-manager-1"))
            .AddSource(source.Name)
            .AddOtlpExporter(otlp => Aim(otlp, protocol, "traces"))
            .Build())
        {
            using var push = source.StartActivity("push", ActivityKind.Server)!;
            id = push.TraceId.ToHexString();
            push.SetTag("channel", "room:room-001");
            using (var append = source.StartActivity("append", ActivityKind.Client)!)
            {
                append.AddEvent(new ActivityEvent("sent", tags: new ActivityTagsCollection { ["bytes"] = 17 }));
                append.SetStatus(ActivityStatusCode.Error, "Redis is away");
            }

            push.Dispose();
            Assert.True(provider.ForceFlush());
        }

        var trace = await _dashboard.GetAsync($"api/traces/{id}");

        var spans = trace.GetProperty("spans").EnumerateArray().ToArray();
        Assert.Equal(["push", "append"], spans.Select(span => span.GetProperty("name").GetString()));
        Assert.Equal(spans[0].GetProperty("id").GetString(), spans[1].GetProperty("parentId").GetString());
        Assert.Equal("server", spans[0].GetProperty("kind").GetString());
        Assert.Equal("channel=room:room-001", Tag(spans[0].GetProperty("tags")[0]));
        Assert.Equal("Error", spans[1].GetProperty("outcome").GetString());
        Assert.Equal("Redis is away", spans[1].GetProperty("outcomeText").GetString());
        Assert.Equal("bytes=17", Tag(spans[1].GetProperty("events")[0].GetProperty("tags")[0]));
        Assert.Equal("push-manager-1", trace.GetProperty("sources")[0].GetProperty("instance").GetString());
        var summary = (await _dashboard.GetAsync("api/traces")).GetProperty("traces")[0];
        Assert.Equal((id, "push", 2, 1), (
            summary.GetProperty("id").GetString(), summary.GetProperty("name").GetString(),
            summary.GetProperty("spans").GetInt32(), summary.GetProperty("errors").GetInt32()));
    }

    [Fact]
    public async Task Who_has_all_spans_of_a_trace_is_sent_none_of_them_again()
    {
        SampleTelemetry.Feed(_dashboard.Server.Telemetry, DateTimeOffset.UtcNow, pushes: 2);
        var path = $"api/traces/{SampleTelemetry.TraceIdOf(0)}";
        var count = (await _dashboard.GetAsync(path)).GetProperty("spans").GetArrayLength();

        using var same = await _dashboard.Api.GetAsync(new Uri($"{path}?known={count}", UriKind.Relative));
        using var unknown = await _dashboard.Api.GetAsync(new Uri($"api/traces/{SampleTelemetry.TraceIdOf(7)}?known={count}", UriKind.Relative));

        Assert.Equal((HttpStatusCode.NoContent, 0), (same.StatusCode, (await same.Content.ReadAsByteArrayAsync()).Length));
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        foreach (var known in new[] { "0", $"{count - 1}", $"{count + 1}", "many" })
            Assert.Equal(count, (await _dashboard.GetAsync($"{path}?known={known}")).GetProperty("spans").GetArrayLength());
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Logs_are_found_by_level_text_and_trace(OtlpExportProtocol protocol)
    {
        using var activity = new Activity("caller").SetIdFormat(ActivityIdFormat.W3C).Start();
        using (var factory = LoggerFactory.Create(logging => logging.AddOpenTelemetry(logs =>
        {
            logs.IncludeFormattedMessage = true;
            logs.SetResourceBuilder(Service("connect-node", "connect-node-2"));
            logs.AddOtlpExporter(otlp => Aim(otlp, protocol, "logs"));
        })))
        {
            var logger = factory.CreateLogger("PubSub.ConnectNode.Sessions");
            logger.LogInformation("session {Session} opened", "s-1");
            logger.LogWarning("outbox of {Session} is full", "s-1");
        }

        var all = (await _dashboard.GetAsync("api/logs")).GetProperty("logs");
        var warnings = (await _dashboard.GetAsync("api/logs?severity=13&q=OUTBOX&service=connect-node")).GetProperty("logs");
        var ofTrace = (await _dashboard.GetAsync($"api/logs?trace={activity.TraceId.ToHexString()}")).GetProperty("logs");
        var ofOther = (await _dashboard.GetAsync($"api/logs?trace={ActivityTraceId.CreateRandom().ToHexString()}")).GetProperty("logs");

        Assert.Equal(2, all.GetArrayLength());
        Assert.Equal("outbox of s-1 is full", Assert.Single(warnings.EnumerateArray()).GetProperty("message").GetString());
        Assert.Contains("Session=s-1", warnings[0].GetProperty("tags").EnumerateArray().Select(Tag));
        Assert.Equal("PubSub.ConnectNode.Sessions", warnings[0].GetProperty("category").GetString());
        Assert.Equal(2, ofTrace.GetArrayLength());
        Assert.Equal(0, ofOther.GetArrayLength());
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Metrics_are_listed_with_their_labels_and_read_as_charts(OtlpExportProtocol protocol)
    {
        using var meter = new Meter($"Meter.{protocol}");
        using var provider = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(Service("connect-node", "connect-node-1"))
            .AddMeter(meter.Name)
            .AddOtlpExporter((otlp, _) => Aim(otlp, protocol, "metrics"))
            .Build();
        var pushes = meter.CreateCounter<long>("pushes", "{push}", "Pushes taken");
        var lag = meter.CreateHistogram<double>("lag", "ms");
        meter.CreateObservableGauge("sessions", () => 42);
        pushes.Add(3, new KeyValuePair<string, object?>("kind", "room"));
        pushes.Add(4, new KeyValuePair<string, object?>("kind", "user"));
        foreach (var value in Enumerable.Range(1, 100))
            lag.Record(value);
        Assert.True(provider.ForceFlush());

        var instruments = (await _dashboard.GetAsync("api/metrics")).GetProperty("instruments").EnumerateArray().ToArray();
        var instrument = $"service=connect-node&meter={meter.Name}";
        var chart = await _dashboard.GetAsync($"api/metrics/chart?{instrument}&name=pushes&by=kind");
        var only = await _dashboard.GetAsync($"api/metrics/chart?{instrument}&name=pushes&only=kind%3Duser");
        var gauge = await _dashboard.GetAsync($"api/metrics/chart?{instrument}&name=sessions");
        var histogram = await _dashboard.GetAsync($"api/metrics/chart?{instrument}&name=lag");

        Assert.Equal(["lag:Histogram", "pushes:Counter", "sessions:Gauge"],
            instruments.Select(it => $"{it.GetProperty("name")}:{it.GetProperty("kind")}"));
        Assert.Equal(["instance:connect-node-1", "kind:room,user"],
            instruments[1].GetProperty("labels").EnumerateArray().Select(label =>
                $"{label.GetProperty("label")}:{string.Join(',', label.GetProperty("values").EnumerateArray())}").Order());
        Assert.Equal([3, 4], chart.GetProperty("lines").EnumerateArray().Select(line => line.GetProperty("last").GetDouble()).Order());
        Assert.Equal(4, Assert.Single(only.GetProperty("lines").EnumerateArray()).GetProperty("last").GetDouble());
        Assert.Equal(42, gauge.GetProperty("lines")[0].GetProperty("last").GetDouble());
        Assert.Equal(100, histogram.GetProperty("lines")[0].GetProperty("last").GetDouble());
    }

    [Fact]
    public async Task With_a_key_only_who_has_it_is_heard()
    {
        await using var closed = await RunningDashboard.StartAsync(new DashboardOptions { OtlpApiKey = "k3y" });
        using var source = new ActivitySource("Keys");
        foreach (var (protocol, key) in new[]
        {
            (OtlpExportProtocol.Grpc, "wrong"), (OtlpExportProtocol.HttpProtobuf, "wrong"),
            (OtlpExportProtocol.Grpc, "k3y"), (OtlpExportProtocol.HttpProtobuf, "k3y"),
        })
        {
            using var provider = Sdk.CreateTracerProviderBuilder().AddSource(source.Name).AddOtlpExporter(otlp =>
            {
                Aim(otlp, protocol, "traces", closed);
                otlp.Headers = $"x-otlp-api-key={key}";
            }).Build();
            source.StartActivity($"{protocol} {key}")!.Dispose();
            provider.ForceFlush();
        }

        await Wait.UntilAsync(() => closed.Server.Telemetry.Spans.SpanCount == 2, "the two with the key");
        var names = (await closed.GetAsync("api/traces")).GetProperty("traces").EnumerateArray().Select(trace => trace.GetProperty("name").GetString());
        Assert.Equal(["Grpc k3y", "HttpProtobuf k3y"], names.Order());
    }

    [Fact]
    public async Task A_zipped_body_is_read_and_a_broken_one_is_refused()
    {
        // One trace with one span: ids of ones, named "zip", that started at 1.
        byte[] span = [0x0A, 16, .. Enumerable.Repeat((byte)1, 16), 0x12, 8, .. Enumerable.Repeat((byte)1, 8), 0x2A, 3, .. "zip"u8, 0x39, 1, 0, 0, 0, 0, 0, 0, 0];
        byte[] scope = [0x12, (byte)span.Length, .. span];
        byte[] resource = [0x12, (byte)scope.Length, .. scope];

        Assert.Equal(HttpStatusCode.OK, await PostAsync(Zip([0x0A, (byte)resource.Length, .. resource]), "application/x-protobuf", "gzip"));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync([0xFF, 0xFF], "application/x-protobuf", null));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync([1, 2, 3], "application/x-protobuf", "gzip"));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(Zip(new byte[65 * 1024 * 1024]), "application/x-protobuf", "gzip"));
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, await PostAsync([], "application/json", null));
        var trace = Assert.Single((await _dashboard.GetAsync("api/traces")).GetProperty("traces").EnumerateArray());
        Assert.Equal("zip", trace.GetProperty("name").GetString());
    }

    private async Task<HttpStatusCode> PostAsync(byte[] body, string contentType, string? encoding)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        if (encoding is not null)
            content.Headers.ContentEncoding.Add(encoding);
        using var answer = await _dashboard.Api.PostAsync(new Uri(_dashboard.Server.OtlpHttpEndpoint, "v1/traces"), content);
        return answer.StatusCode;
    }

    private static byte[] Zip(byte[] body)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(body);
        return zipped.ToArray();
    }

    private void Aim(OtlpExporterOptions otlp, OtlpExportProtocol protocol, string signal) => Aim(otlp, protocol, signal, _dashboard);

    private static void Aim(OtlpExporterOptions otlp, OtlpExportProtocol protocol, string signal, RunningDashboard dashboard)
    {
        otlp.Protocol = protocol;
        otlp.Endpoint = protocol == OtlpExportProtocol.Grpc
            ? dashboard.Server.OtlpGrpcEndpoint
            : new Uri(dashboard.Server.OtlpHttpEndpoint, $"v1/{signal}");
    }

    private static ResourceBuilder Service(string name, string instance) =>
        ResourceBuilder.CreateEmpty().AddService(name, autoGenerateServiceInstanceId: false, serviceInstanceId: instance);

    private static string Tag(JsonElement tag) => $"{tag.GetProperty("key").GetString()}={tag.GetProperty("value").GetString()}";
}
