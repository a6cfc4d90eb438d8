using Aspire.Dashboard.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Aspire.Dashboard.Web;

/// <summary>What was received over OTLP: traces, logs, metrics.</summary>
internal static class TelemetryApi
{
    private const int MaxPage = 1000;

    public static void MapTelemetry(this IEndpointRouteBuilder routes, DashboardContext dashboard)
    {
        var store = dashboard.Telemetry;
        routes.MapGet("/api/traces", context => Json.WriteAsync(context, Traces(store.Spans, context.Request.Query)));
        routes.MapGet("/api/traces/{id}", context => TraceAsync(context, store));
        routes.MapGet("/api/logs", context => Json.WriteAsync(context, Logs(store.Logs, context.Request.Query)));
        routes.MapGet("/api/metrics", context => Json.WriteAsync(context, new
        {
            instruments = store.Metrics.List(),
            series = store.Metrics.SeriesCount,
            dropped = store.Metrics.Dropped,
        }));
        routes.MapGet("/api/metrics/chart", context => ChartAsync(context, dashboard));
        routes.MapGet("/api/metrics/charts", context => ChartsAsync(context, dashboard));
    }

    private static object Traces(SpanStore spans, IQueryCollection query)
    {
        var page = spans.List(new TraceQuery
        {
            Service = query.Text("service"),
            Text = query.Text("q"),
            MinNanos = (long)(query.Fraction("minMs") * 1e6),
            ErrorsOnly = query.Flag("errors"),
            Before = query.Long("before", long.MaxValue),
            Limit = query.Number("limit", 100, 1, MaxPage),
        });
        return new { traces = page.Traces, next = page.Next, services = spans.Services(), held = new { spans = spans.SpanCount, traces = spans.TraceCount } };
    }

    /// <summary>The whole trace; nothing for a page that says in <c>known</c> how many spans it has, and has them all.</summary>
    private static Task TraceAsync(HttpContext context, TelemetryStore store)
    {
        if (!Ids.TryParse((string?)context.Request.RouteValues["id"], out var id))
            return Json.RefuseAsync(context, StatusCodes.Status400BadRequest, "The id of a trace is 32 hexadecimal digits.");
        if (context.Request.Query.Number("known", 0, 0, int.MaxValue) is var known and > 0 && store.Spans.CountOf(id) == known)
            return Json.NothingNewAsync(context);
        if (store.Spans.Find(id) is not var (spans, dropped))
            return Json.RefuseAsync(context, StatusCodes.Status404NotFound, "This trace has not arrived yet, or is not kept any more.");
        return Json.WriteAsync(context, TraceView.Of(id, spans, dropped));
    }

    private static object Logs(LogStore logs, IQueryCollection query)
    {
        UInt128? trace = Ids.TryParse(query.Text("trace"), out var id) ? id : null;
        var limit = query.Number("limit", 200, 1, MaxPage);
        var entries = logs.List(new LogQuery
        {
            Service = query.Text("service"),
            Text = query.Text("q"),
            MinSeverity = query.Number("severity", 0, 0, 24),
            TraceId = trace,
            Before = query.Long("before", long.MaxValue),
            Limit = limit,
        });
        return new
        {
            logs = entries.Select(LogView.Of),
            next = entries.Count == limit ? entries[^1].Number : (long?)null,
            services = logs.Services(),
            held = logs.Count,
        };
    }

    private static Task ChartAsync(HttpContext context, DashboardContext dashboard)
    {
        var query = context.Request.Query;
        var id = new InstrumentId(query["service"].ToString(), query["meter"].ToString(), query["name"].ToString());
        return dashboard.Telemetry.Metrics.Read(id, ChartQueryOf(query, dashboard.Time)) is { } chart
            ? Json.WriteAsync(context, chart)
            : Json.RefuseAsync(context, StatusCodes.Status404NotFound, "Nothing of this instrument was received.");
    }

    /// <summary>All instruments of a service, each as one line: an overview.</summary>
    private static Task ChartsAsync(HttpContext context, DashboardContext dashboard)
    {
        var query = context.Request.Query;
        var all = ChartQueryOf(query, dashboard.Time) with { By = new HashSet<string>(), MaxLines = 1 };
        return Json.WriteAsync(context, dashboard.Telemetry.Metrics.List()
            .Where(instrument => instrument.Service == query["service"].ToString())
            .Select(instrument => new
            {
                instrument,
                chart = dashboard.Telemetry.Metrics.Read(new InstrumentId(instrument.Service, instrument.Meter, instrument.Name), all),
            }));
    }

    private static ChartQuery ChartQueryOf(IQueryCollection query, TimeProvider time) => new()
    {
        EndMs = query.Long("end", time.GetUtcNow().ToUnixTimeMilliseconds()),
        RangeMs = query.Number("seconds", 300, 10, 86_400) * 1000L,
        By = query.ContainsKey("by") ? query["by"].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries).ToHashSet() : null,
        Only = [.. query["only"].Select(only => only?.Split('=', 2)).Where(only => only?.Length == 2).Select(only => new Tag(only![0], only[1]))],
        MaxLines = query.Number("lines", 12, 1, 50),
    };
}
