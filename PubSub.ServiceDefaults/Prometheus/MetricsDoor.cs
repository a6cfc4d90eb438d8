using System.Buffers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace PubSub.ServiceDefaults.Prometheus;

/// <summary>
/// Answers on the metrics door: /metrics here, the health paths further on, nothing else. Probes and scrapes come every
/// few seconds for ever, so they leave neither spans nor request metrics on any door.
/// </summary>
internal sealed class MetricsDoor(MetricsRegistry registry) : IStartupFilter
{
    public const string Path = "/metrics";

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(AnswerAsync);
        next(app);
    };

    private Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        var isProbe = context.Request.Path == Health.ReadyPath || context.Request.Path == Health.LivePath;
        var isMetricsDoor = ServicePorts.DoorOf(context) == Door.Metrics;
        if (isProbe || isMetricsDoor)
            KeepOutOfTelemetry(context);

        return !isMetricsDoor || isProbe ? next(context)
            : context.Request.Path == Path ? WriteAsync(context)
            : NotFound(context);
    }

    private async Task WriteAsync(HttpContext context)
    {
        // Written whole before the first byte leaves: a slow reader must not hold the scrape's lock.
        var text = new ArrayBufferWriter<byte>(64 * 1024);
        registry.Write(text);
        context.Response.ContentType = TextFormat.ContentType;
        context.Response.ContentLength = text.WrittenCount;
        await context.Response.Body.WriteAsync(text.WrittenMemory, context.RequestAborted);
    }

    private static Task NotFound(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return context.Response.WriteAsync($"This port serves {Path}, {Health.ReadyPath} and {Health.LivePath}.\n");
    }

    private static void KeepOutOfTelemetry(HttpContext context)
    {
        if (context.Features.Get<IHttpActivityFeature>()?.Activity is { } activity)
            activity.ActivityTraceFlags &= ~System.Diagnostics.ActivityTraceFlags.Recorded;

        if (context.Features.Get<IHttpMetricsTagsFeature>() is { } metrics)
            metrics.MetricsDisabled = true;
    }
}
