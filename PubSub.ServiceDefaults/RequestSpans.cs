using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace PubSub.ServiceDefaults;

/// <summary>
/// What the framework leaves off the span of an HTTP request: its route as the name, and how it ended. Only for
/// requests whose span will be exported, and not for gRPC, whose spans <see cref="CallSpans"/> completes.
/// </summary>
internal sealed class RequestSpans : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(static (context, next) =>
            context.Features.Get<IHttpActivityFeature>()?.Activity is { Recorded: true } span && !IsGrpc(context)
                ? DescribeAsync(context, span, next)
                : next(context));
        next(app);
    };

    private static bool IsGrpc(HttpContext context) =>
        context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true;

    private static async Task DescribeAsync(HttpContext context, Activity span, RequestDelegate next)
    {
        try
        {
            await next(context);
            Describe(context, span, context.Response.StatusCode);
        }
        catch (Exception failure)
        {
            span.SetTag("error.type", failure.GetType().FullName);
            Describe(context, span, StatusCodes.Status500InternalServerError);
            throw;
        }
    }

    private static void Describe(HttpContext context, Activity span, int status)
    {
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
        span.DisplayName = route is null ? context.Request.Method : $"{context.Request.Method} {route}";
        span.SetTag("http.route", route);
        span.SetTag("http.response.status_code", status);
        if (status >= StatusCodes.Status500InternalServerError)
            span.SetStatus(ActivityStatusCode.Error);
    }
}
