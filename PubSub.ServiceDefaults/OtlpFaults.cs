using System.Diagnostics.Tracing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace PubSub.ServiceDefaults;

/// <summary>
/// Says in our log when telemetry does not arrive: the SDK tells only its own event source, where nobody looks. Once
/// in a while, since it tells so for each batch.
/// </summary>
internal sealed partial class OtlpFaults(ILogger<OtlpFaults> logger, TimeProvider time) : EventListener, IHostedService
{
    private const string Exporter = "OpenTelemetry-Exporter-OpenTelemetryProtocol";

    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private long? _lastSaid;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // The base class reports sources from its constructor, before our fields are set; so it is asked to again.
        EventSourceCreated += (_, created) => Follow(created.EventSource);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        lock (_gate)
        {
            if (_lastSaid is { } last && time.GetElapsedTime(last) < Quiet)
                return;
            _lastSaid = time.GetTimestamp();
        }

        LogNotSent(Describe(eventData));
    }

    private void Follow(EventSource? source)
    {
        if (source?.Name == Exporter)
            EnableEvents(source, EventLevel.Warning);
    }

    private static string Describe(EventWrittenEventArgs fault)
    {
        // Messages are formats over the payload, whose last item is an exception with its trace: the first line says it.
        var text = fault.Message is { } format
            ? string.Format(System.Globalization.CultureInfo.InvariantCulture, format, [.. fault.Payload ?? []])
            : fault.EventName ?? "";
        var end = text.AsSpan().IndexOfAny('\r', '\n');
        return end < 0 ? text : text[..end];
    }

    [LoggerMessage(120, LogLevel.Warning, "telemetry does not reach its collector (said again after 10 minutes): {Fault}")]
    private partial void LogNotSent(string fault);
}
