using Aspire.Dashboard.Web;

namespace Aspire.Dashboard.Telemetry;

/// <summary>All that was received and is kept.</summary>
internal sealed class TelemetryStore(DashboardOptions options, ChangeFeed changes)
{
    public SpanStore Spans { get; } = new(options.MaxSpans);

    public LogStore Logs { get; } = new(options.MaxLogs);

    public MetricStore Metrics { get; } = new(options.MaxSeries);

    public void Add(IReadOnlyCollection<SpanRecord> spans)
    {
        Spans.Add(spans);
        changes.Raise(Topic.Traces);
    }

    public void Add(IReadOnlyCollection<LogEntry> entries)
    {
        Logs.Add(entries);
        changes.Raise(Topic.Logs);
    }

    public void Add(IReadOnlyCollection<MetricPoint> points)
    {
        Metrics.Add(points);
        changes.Raise(Topic.Metrics);
    }
}
