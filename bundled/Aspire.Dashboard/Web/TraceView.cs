using Aspire.Dashboard.Telemetry;

namespace Aspire.Dashboard.Web;

/// <summary>A whole trace for the page. Times are nanoseconds since the trace's start, which JavaScript can count exactly.</summary>
internal sealed record TraceView(
    string Id, long StartMicros, long DurationNanos, int Dropped, IReadOnlyList<TelemetrySource> Sources, IReadOnlyList<SpanView> Spans)
{
    public static TraceView Of(UInt128 id, IReadOnlyList<SpanRecord> spans, int dropped)
    {
        var start = spans.Min(span => span.Start);
        var sources = new List<TelemetrySource>();
        var views = spans.Select(span => View(span, start, sources)).ToArray();
        return new TraceView(Ids.Text(id), start / 1000, spans.Max(span => span.End) - start, dropped, sources, views);
    }

    private static SpanView View(SpanRecord span, long start, List<TelemetrySource> sources) => new(
        Ids.Text(span.SpanId),
        span.ParentId == 0 ? null : Ids.Text(span.ParentId),
        span.Name,
        span.Kind,
        span.Scope,
        IndexOf(span.Source, sources),
        span.Start - start,
        span.End - span.Start,
        span.Outcome.ToString(),
        span.OutcomeText,
        span.Tags,
        [.. span.Events.Select(it => new SpanEventView(it.At - start, it.Name, it.Tags))],
        [.. span.Links.Select(link => new SpanLinkView(Ids.Text(link.TraceId), Ids.Text(link.SpanId)))]);

    private static int IndexOf(TelemetrySource source, List<TelemetrySource> sources)
    {
        var index = sources.FindIndex(known => known.Service == source.Service && known.Instance == source.Instance);
        if (index >= 0)
            return index;
        sources.Add(source);
        return sources.Count - 1;
    }
}

internal sealed record SpanView(
    string Id,
    string? ParentId,
    string Name,
    string Kind,
    string Scope,
    int Source,
    long StartNanos,
    long DurationNanos,
    string Outcome,
    string OutcomeText,
    IReadOnlyList<Tag> Tags,
    IReadOnlyList<SpanEventView> Events,
    IReadOnlyList<SpanLinkView> Links);

internal sealed record SpanEventView(long AtNanos, string Name, IReadOnlyList<Tag> Tags);

internal sealed record SpanLinkView(string TraceId, string SpanId);

internal sealed record LogView(
    long Number,
    long AtMicros,
    int Severity,
    string Message,
    string Category,
    string Service,
    string Instance,
    string? TraceId,
    string? SpanId,
    IReadOnlyList<Tag> Tags)
{
    public static LogView Of(LogEntry entry) => new(
        entry.Number, entry.At / 1000, entry.Severity, entry.Message, entry.Category, entry.Source.Service, entry.Source.Instance,
        entry.TraceId == 0 ? null : Ids.Text(entry.TraceId), entry.SpanId == 0 ? null : Ids.Text(entry.SpanId), entry.Tags);
}
