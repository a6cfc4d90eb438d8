using System.Buffers.Binary;
using Aspire.Dashboard.Telemetry;
using Google.Protobuf;

namespace Aspire.Dashboard.Otlp;

/// <summary>From what arrived to what is kept. What has no valid id or no time is left out.</summary>
internal sealed class OtlpReader(TelemetryStore store)
{
    private readonly TagReader _tags = new(new TextPool());

    public void Read(TracesData data)
    {
        var spans = new List<SpanRecord>();
        foreach (var resource in data.ResourceSpans)
        {
            var source = _tags.Source(resource.Resource);
            foreach (var scope in resource.ScopeSpans)
            {
                var name = _tags.Shared(scope.Scope?.Name ?? "");
                spans.AddRange(scope.Spans.Where(IsValid).Select(span => Read(span, source, name)));
            }
        }

        store.Add(spans);
    }

    public void Read(LogsData data)
    {
        var entries = new List<LogEntry>();
        foreach (var resource in data.ResourceLogs)
        {
            var source = _tags.Source(resource.Resource);
            foreach (var scope in resource.ScopeLogs)
            {
                var category = _tags.Shared(scope.Scope?.Name ?? "");
                entries.AddRange(scope.LogRecords.Select(record => Read(record, source, category)));
            }
        }

        store.Add(entries);
    }

    public void Read(MetricsData data) => store.Add(
    [
        .. from resource in data.ResourceMetrics
           let source = _tags.Source(resource.Resource)
           from scope in resource.ScopeMetrics
           let meter = _tags.Shared(scope.Scope?.Name ?? "")
           from metric in scope.Metrics
           from point in new MetricReader(_tags, source, meter, metric).Points()
           select point,
    ]);

    private SpanRecord Read(Span span, TelemetrySource source, string scope) => new(
        TraceId(span.TraceId),
        SpanId(span.SpanId),
        SpanId(span.ParentSpanId),
        _tags.Shared(span.Name),
        KindOf(span.Kind),
        (long)span.StartTimeUnixNano,
        (long)Math.Max(span.StartTimeUnixNano, span.EndTimeUnixNano),
        (SpanOutcome)Math.Clamp((int)(span.Status?.Code ?? 0), 0, 2),
        TagReader.Bounded(span.Status?.Message ?? ""),
        source,
        scope,
        _tags.Read(span.Attributes),
        [.. span.Events.Take(TagReader.MaxTags).Select(it => new SpanEventRecord((long)it.TimeUnixNano, _tags.Shared(it.Name), _tags.Read(it.Attributes)))],
        [.. span.Links.Take(TagReader.MaxTags).Select(link => new SpanLinkRecord(TraceId(link.TraceId), SpanId(link.SpanId)))]);

    private LogEntry Read(LogRecord record, TelemetrySource source, string category) => new(
        (long)(record.TimeUnixNano != 0 ? record.TimeUnixNano : record.ObservedTimeUnixNano),
        Math.Clamp(record.SeverityNumber, 0, 24),
        TagReader.Bounded(TagReader.Text(record.Body)),
        category,
        source,
        TraceId(record.TraceId),
        SpanId(record.SpanId),
        _tags.Read(record.Attributes));

    private static bool IsValid(Span span) => TraceId(span.TraceId) != 0 && SpanId(span.SpanId) != 0 && span.StartTimeUnixNano > 0;

    private static string KindOf(SpanKind kind) => kind switch
    {
        SpanKind.Server => "server",
        SpanKind.Client => "client",
        SpanKind.Producer => "producer",
        SpanKind.Consumer => "consumer",
        _ => "internal",
    };

    private static UInt128 TraceId(ByteString id) => id.Length == 16 ? BinaryPrimitives.ReadUInt128BigEndian(id.Span) : 0;

    private static ulong SpanId(ByteString id) => id.Length == 8 ? BinaryPrimitives.ReadUInt64BigEndian(id.Span) : 0;
}
