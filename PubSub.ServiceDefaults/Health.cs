using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace PubSub.ServiceDefaults;

/// <summary>
/// /health: may traffic come here (all checks)? /alive: is the process itself sound, or should it be restarted (only
/// checks with the tag <c>live</c>)? A backend that is away must turn the first, never the second.
/// </summary>
internal static class Health
{
    public const string ReadyPath = "/health";
    public const string LivePath = "/alive";
    public const string LiveTag = "live";

    // A check that hangs would hang the prober, and with it the answer of all other checks.
    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(3);

    public static void AddHealth(this IServiceCollection services)
    {
        services.AddHealthChecks()
            .AddCheck("process", static () => HealthCheckResult.Healthy(), [LiveTag])
            .AddCheck<NotStoppingCheck>("stopping");
        services.PostConfigure<HealthCheckServiceOptions>(static options =>
        {
            foreach (var check in options.Registrations)
            {
                if (check.Timeout == Timeout.InfiniteTimeSpan)
                    check.Timeout = CheckTimeout;
                var create = check.Factory;
                check.Factory = services => new BoundedCheck(create(services));
            }
        });
    }

    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapHealthChecks(ReadyPath, new HealthCheckOptions { ResponseWriter = WriteAsync });
        app.MapHealthChecks(LivePath, new HealthCheckOptions
        {
            Predicate = static check => check.Tags.Contains(LiveTag),
            ResponseWriter = WriteAsync,
        });
    }

    private static async Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("status", report.Status.ToString());
        json.WriteStartObject("checks");
        foreach (var (name, entry) in report.Entries)
        {
            json.WriteStartObject(name);
            json.WriteString("status", entry.Status.ToString());
            if ((entry.Description ?? entry.Exception?.Message) is { } why)
                json.WriteString("description", why);

            json.WriteNumber("durationMs", Math.Round(entry.Duration.TotalMilliseconds, 1));
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}

/// <summary>Unready from the first stop signal on, so that nobody sends new work here.</summary>
internal sealed class NotStoppingCheck(IHostApplicationLifetime lifetime) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(lifetime.ApplicationStopping.IsCancellationRequested
            ? HealthCheckResult.Unhealthy("the process is stopping")
            : HealthCheckResult.Healthy());
}
