using System.Collections.Concurrent;
using System.IO.Compression;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Wire.Telemetry.Otlp;

namespace PubSub.Tests.Wire.Telemetry;

/// <summary>Receives OTLP over gRPC and over HTTP, and keeps all of it.</summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OtlpCollector(WebApplication app)
    {
        _app = app;
    }

    public Uri GrpcEndpoint => new(Addresses[0]);

    public Uri HttpEndpoint => new(Addresses[1]);

    public ConcurrentQueue<ReceivedSpan> Spans { get; } = [];

    public ConcurrentQueue<ReceivedMetric> Metrics { get; } = [];

    public ConcurrentQueue<ReceivedLog> Logs { get; } = [];

    /// <summary>Which of the two doors something came through last.</summary>
    public ConcurrentDictionary<string, string> LastDoor { get; } = [];

    private string[] Addresses =>
        [.. _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];

    public static async Task<OtlpCollector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddGrpc();
        OtlpCollector? collector = null;
        builder.Services.AddSingleton(_ => collector!);
        var app = builder.Build();
        collector = new OtlpCollector(app);
        app.MapGrpcService<TraceDoor>();
        app.MapGrpcService<MetricsDoor>();
        app.MapGrpcService<LogsDoor>();
        app.MapPost("/v1/traces", context => collector.ReadAsync(context, TracesData.Parser, collector.Add));
        app.MapPost("/v1/metrics", context => collector.ReadAsync(context, MetricsData.Parser, collector.Add));
        app.MapPost("/v1/logs", context => collector.ReadAsync(context, LogsData.Parser, collector.Add));
        await app.StartAsync();
        return collector;
    }

    public Task WaitForSpanAsync(Func<ReceivedSpan, bool> matches, string what) =>
        Wait.UntilAsync(() => Spans.Any(matches), what);

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private void Add(TracesData data, string door)
    {
        LastDoor["traces"] = door;
        foreach (var resource in data.ResourceSpans)
        {
            foreach (var scope in resource.ScopeSpans)
            {
                foreach (var span in scope.Spans)
                    Spans.Enqueue(new ReceivedSpan(Map(resource.Resource.Attributes), scope.Scope.Name, span, Map(span.Attributes)));
            }
        }
    }

    private void Add(MetricsData data, string door)
    {
        LastDoor["metrics"] = door;
        foreach (var resource in data.ResourceMetrics)
        {
            foreach (var scope in resource.ScopeMetrics)
            {
                foreach (var metric in scope.Metrics)
                    Metrics.Enqueue(new ReceivedMetric(Map(resource.Resource.Attributes), scope.Scope.Name, metric));
            }
        }
    }

    private void Add(LogsData data, string door)
    {
        LastDoor["logs"] = door;
        foreach (var resource in data.ResourceLogs)
        {
            foreach (var scope in resource.ScopeLogs)
            {
                foreach (var log in scope.LogRecords)
                    Logs.Enqueue(new ReceivedLog(Map(resource.Resource.Attributes), scope.Scope?.Name ?? "", log, Map(log.Attributes)));
            }
        }
    }

    private async Task ReadAsync<T>(HttpContext context, MessageParser<T> parser, Action<T, string> add)
        where T : IMessage<T>
    {
        using var body = new MemoryStream();
        var isZipped = context.Request.Headers.ContentEncoding == "gzip";
        await using var source = isZipped ? new GZipStream(context.Request.Body, CompressionMode.Decompress) : context.Request.Body;
        await source.CopyToAsync(body);
        add(parser.ParseFrom(body.ToArray()), "http");
        context.Response.ContentType = "application/x-protobuf";
    }

    private static Dictionary<string, string> Map(IEnumerable<KeyValue> attributes) => attributes.ToDictionary(
        static pair => pair.Key,
        static pair => pair.Value.ValueCase switch
        {
            AnyValue.ValueOneofCase.StringValue => pair.Value.StringValue,
            AnyValue.ValueOneofCase.IntValue => pair.Value.IntValue.ToString(System.Globalization.CultureInfo.InvariantCulture),
            _ => pair.Value.ToString(),
        });

    private sealed class TraceDoor(OtlpCollector collector) : TraceService.TraceServiceBase
    {
        public override Task<ExportReply> Export(TracesData request, ServerCallContext context)
        {
            collector.Add(request, "grpc");
            return Task.FromResult(new ExportReply());
        }
    }

    private sealed class MetricsDoor(OtlpCollector collector) : MetricsService.MetricsServiceBase
    {
        public override Task<ExportReply> Export(MetricsData request, ServerCallContext context)
        {
            collector.Add(request, "grpc");
            return Task.FromResult(new ExportReply());
        }
    }

    private sealed class LogsDoor(OtlpCollector collector) : LogsService.LogsServiceBase
    {
        public override Task<ExportReply> Export(LogsData request, ServerCallContext context)
        {
            collector.Add(request, "grpc");
            return Task.FromResult(new ExportReply());
        }
    }
}

internal sealed record ReceivedSpan(
    IReadOnlyDictionary<string, string> Resource, string Source, Span Span, IReadOnlyDictionary<string, string> Tags)
{
    public string Service => Resource["service.name"];

    public string Instance => Resource["service.instance.id"];

    public string TraceId => Convert.ToHexStringLower(Span.TraceId.Span);

    public string SpanId => Convert.ToHexStringLower(Span.SpanId.Span);

    public string ParentId => Convert.ToHexStringLower(Span.ParentSpanId.Span);

    public override string ToString() =>
        $"{Instance} {Source} {Span.Kind} '{Span.Name}' {TraceId} {SpanId} <- {ParentId} {Span.Status?.Code} "
        + string.Join(' ', Tags.Select(tag => $"{tag.Key}={tag.Value}"));
}

internal sealed record ReceivedMetric(IReadOnlyDictionary<string, string> Resource, string Meter, Metric Metric);

internal sealed record ReceivedLog(
    IReadOnlyDictionary<string, string> Resource, string Category, LogRecord Record, IReadOnlyDictionary<string, string> Tags);
