using System.Diagnostics;
using System.Globalization;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Cluster;

/// <summary>Whatever way the AppHost ends, no process of its graph outlives it.</summary>
public sealed class AppHostLeavesNothingBehind
{
    // The AppHost, Redis, etcd and six services.
    private const int WholeGraph = 9;

    [Fact]
    public async Task Ctrl_C_stops_all_and_ends_well()
    {
        await using var host = await StartAsync();
        var family = host.Family;
        Assert.Equal(WholeGraph, family.Count);
        Assert.Contains("http://localhost:", host.Output, StringComparison.Ordinal);
        Assert.Contains("/login?t=", host.Output, StringComparison.Ordinal);
        Assert.Matches(@"connect-node-2 +grpc localhost:\d+   http http://localhost:\d+   metrics http://localhost:\d+", host.Output);

        using var kill = Process.Start("kill", ["-INT", host.Id.ToString(CultureInfo.InvariantCulture)]);

        Assert.True(await host.ExitCodeAsync() == 0, host.Output);
        Assert.All(family, process => Assert.True(process.HasExited));
    }

    [Fact]
    public async Task A_kill_takes_all_with_it()
    {
        await using var host = await StartAsync();
        var family = host.Family;
        Assert.Equal(WholeGraph, family.Count);

        host.Kill();

        await Wait.UntilAsync(() => family.All(process => process.HasExited), "the graph to end with its AppHost");
    }

    private static async Task<AppHostProcess> StartAsync()
    {
        var host = new AppHostProcess(null, AppHostProcess.OnFreePorts);
        await host.UntilItPrintsAsync("stops everything");
        return host;
    }
}
