using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Aspire.Dashboard.Web;

/// <summary>One stream that tells a page what to ask for anew.</summary>
internal static class ChangesApi
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public static void MapChanges(this IEndpointRouteBuilder routes, DashboardContext dashboard, CancellationToken stopping) =>
        routes.MapGet("/api/changes", context => EventStream.RunAsync(context, stopping, async (stream, ended) =>
        {
            while (true)
            {
                var change = dashboard.Changes.NextChange();
                await stream.SendAsync(dashboard.Changes.Versions());
                while (!await HappensAsync(change, dashboard.Time, ended))
                    await stream.KeepAliveAsync();
                await Task.Delay(Pause, dashboard.Time, ended);
            }
        }));

    private static async Task<bool> HappensAsync(Task change, TimeProvider time, CancellationToken ended)
    {
        try
        {
            await change.WaitAsync(Heartbeat, time, ended);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
