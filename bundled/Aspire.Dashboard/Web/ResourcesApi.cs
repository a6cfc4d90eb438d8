using Aspire.Dashboard.Resources;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Aspire.Dashboard.Web;

/// <summary>A resource without its environment, and what it uses.</summary>
internal sealed record ResourceView(
    string Name,
    string Kind,
    string State,
    string? Health,
    string? HealthText,
    int? ProcessId,
    DateTimeOffset? StartedAt,
    int Restarts,
    int? ExitCode,
    string Source,
    IReadOnlyList<DashboardEndpoint> Endpoints,
    IReadOnlyList<string> Commands,
    string? TelemetryName,
    UsageHistory? Usage);

/// <summary>What the host shows and does: resources, their console logs, their commands.</summary>
internal static class ResourcesApi
{
    public static void MapResources(this IEndpointRouteBuilder routes, DashboardContext dashboard, CancellationToken stopping)
    {
        routes.MapGet("/api/resources", context => Json.WriteAsync(context, new
        {
            application = dashboard.Resources.ApplicationName,
            now = dashboard.Time.GetUtcNow(),
            resources = dashboard.Resources.Snapshot().Select(resource => View(resource, dashboard.Usage)),
        }));
        routes.MapGet("/api/resources/{name}/environment", context => EnvironmentAsync(context, dashboard));
        routes.MapPost("/api/resources/{name}/commands/{command}", context => RunAsync(context, dashboard));
        routes.MapGet("/api/console", context => ConsoleAsync(context, dashboard, stopping));
    }

    private static ResourceView View(DashboardResource it, ProcessUsage usage) => new(
        it.Name, it.Kind, it.State, it.Health, it.HealthText, it.ProcessId, it.StartedAt, it.Restarts, it.ExitCode, it.Source,
        it.Endpoints, it.Commands, it.TelemetryName, usage.Of(it.Name));

    private static DashboardResource? Find(HttpContext context, DashboardContext dashboard) =>
        dashboard.Resources.Snapshot().FirstOrDefault(resource => resource.Name == (string?)context.Request.RouteValues["name"]);

    private static Task EnvironmentAsync(HttpContext context, DashboardContext dashboard)
    {
        if (Find(context, dashboard) is not { } resource)
            return Json.RefuseAsync(context, StatusCodes.Status404NotFound, "There is no such resource.");

        // A secret leaves only for somebody who asks to see it.
        var reveal = context.Request.Query.Flag("reveal");
        return Json.WriteAsync(context, resource.Environment.Select(variable =>
            new { variable.Name, Value = variable.IsSecret && !reveal ? null : variable.Value, variable.IsSecret }));
    }

    private static async Task RunAsync(HttpContext context, DashboardContext dashboard)
    {
        if (Find(context, dashboard) is not { } resource)
        {
            await Json.RefuseAsync(context, StatusCodes.Status404NotFound, "There is no such resource.");
            return;
        }

        var command = (string)context.Request.RouteValues["command"]!;
        if (!resource.Commands.Contains(command))
        {
            await Json.RefuseAsync(context, StatusCodes.Status409Conflict, $"{resource.Name} is {resource.State}: it cannot {command} now.");
            return;
        }

        // Not ended with the request: half a restart is none.
        var fault = await dashboard.Resources.RunCommandAsync(resource.Name, command, CancellationToken.None);
        if (fault is null)
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        else
            await Json.RefuseAsync(context, StatusCodes.Status409Conflict, fault);
    }

    private static Task ConsoleAsync(HttpContext context, DashboardContext dashboard, CancellationToken stopping)
    {
        var wanted = context.Request.Query["resource"];
        var names = dashboard.Resources.Snapshot().Select(resource => resource.Name)
            .Where(name => wanted.Count == 0 || wanted.Contains(name));
        return EventStream.RunAsync(context, stopping, (stream, ended) =>
            ConsoleFeed.ReadAsync(dashboard.Resources, names, stream.SendAsync, ended));
    }
}
