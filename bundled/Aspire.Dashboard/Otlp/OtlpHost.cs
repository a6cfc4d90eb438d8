using Aspire.Dashboard.Telemetry;
using Aspire.Dashboard.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Dashboard.Otlp;

/// <summary>
/// Where telemetry arrives: one port for HTTP/2 (gRPC), one for HTTP/1.1. Without TLS a port cannot offer both. The
/// paths of OTLP over HTTP are served on either.
/// </summary>
internal static class OtlpHost
{
    private const string KeyHeader = "x-otlp-api-key";

    public static WebApplication Build(DashboardOptions options, TelemetryStore store)
    {
        var builder = LocalHost.CreateBuilder(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = OtlpHttpDoor.MaxBody;
            kestrel.Listen(System.Net.IPAddress.Loopback, options.OtlpGrpcPort, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Listen(System.Net.IPAddress.Loopback, options.OtlpHttpPort, listen => listen.Protocols = HttpProtocols.Http1);
        });
        var reader = new OtlpReader(store);
        builder.Services.AddSingleton(reader);
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = OtlpHttpDoor.MaxBody);

        var app = builder.Build();
        if (options.OtlpApiKey is { Length: > 0 } key)
            app.Use((context, next) => Secrets.AreEqual(context.Request.Headers[KeyHeader], key) ? next(context) : RefuseAsync(context));
        app.UseRouting();
        app.MapGrpcService<TraceDoor>();
        app.MapGrpcService<LogsDoor>();
        app.MapGrpcService<MetricsDoor>();
        app.MapOtlpHttp(reader);
        return app;
    }

    // gRPC clients make UNAUTHENTICATED of it.
    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Task.CompletedTask;
    }
}
