using Microsoft.Extensions.Logging;

namespace PubSub.ServiceDefaults.Prometheus;

internal sealed partial class MetricsRegistry
{
    private void LogOverflow(MetricFamily family) => LogOverflow(family.Name, MetricFamily.MostSeries);

    [LoggerMessage(110, LogLevel.Warning,
        "{Metric} has more than {Most} label sets; further ones are counted together as otel_metric_overflow")]
    private partial void LogOverflow(string metric, int most);

    [LoggerMessage(111, LogLevel.Warning,
        "{Meter} {Instrument} is not on /metrics: {Metric} is already taken by an instrument of another kind")]
    private partial void LogNameClash(string meter, string instrument, string metric);

    [LoggerMessage(112, LogLevel.Warning, "an observable instrument failed at a scrape; its value is missing on /metrics")]
    private partial void LogCallbackFailed(Exception exception);
}
