using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace PubSub.Tests.Cluster;

[Collection(AppHostGraph.Name)]
public sealed class AppHostStartsAgainWhatCrashed(AppHostFixture graph)
{
    [Fact]
    public async Task A_process_that_crashes_is_started_again()
    {
        const string service = "biz-server";
        var before = await graph.App.ResourceNotifications.WaitForResourceHealthyAsync(service);
        var started = before.Snapshot.StartTimeStamp;

        var port = graph.App.GetEndpoint(service).Port.ToString(CultureInfo.InvariantCulture);
        Assert.Single(MarkedProcesses.With("HTTP_PORT", port)).Kill();

        await graph.App.ResourceNotifications.WaitForResourceAsync(
            service, now => now.Snapshot.StartTimeStamp > started && now.Snapshot.HealthStatus == HealthStatus.Healthy)
            .WaitAsync(AppHostFixture.Patience);
        Assert.Contains(
            await LinesAsync(service), line => line.Contains("exit code 137; starting it again in 1 s", StringComparison.Ordinal));
    }

    private async Task<IReadOnlyList<string>> LinesAsync(string resource)
    {
        var logs = graph.App.Services.GetRequiredService<ResourceLoggerService>();
        var lines = new List<string>();
        await foreach (var some in logs.GetAllAsync(resource))
            lines.AddRange(some.Select(line => line.Content));
        return lines;
    }
}
