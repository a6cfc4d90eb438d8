using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Cluster;

/// <summary>Whatever way the AppHost ends, no process of its graph outlives it, and another graph does not notice.</summary>
[Collection(AppHostGraph.Name)]
public sealed class AppHostLeavesNothingBehind(AppHostFixture neighbour)
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
        await TwoGraphsAreTwoWorldsAsync(HttpPortOf("connect-node-2", host.Output));

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

    /// <summary>The same room and the same user in both: each hears only its own.</summary>
    private async Task TwoGraphsAreTwoWorldsAsync(int nodeOfTheOther)
    {
        const string room = "same-room";
        await using var here = await neighbour.ConnectAsync("connect-node-2", "same-user", room);
        await using var there = await ClusterClient.ConnectAsync(new Uri($"ws://127.0.0.1:{nodeOfTheOther}/ws"), "same-user", room);

        await here.PublishAsync(room, "here");
        await there.PublishAsync(room, "there");

        await Task.WhenAll(here.ForDeliveryAsync("here"), there.ForDeliveryAsync("there"));
        Assert.Equal(["here"], here.Deliveries.Select(one => one.Data));
        Assert.Equal(["there"], there.Deliveries.Select(one => one.Data));
    }

    private static int HttpPortOf(string node, string output) => int.Parse(
        Regex.Match(output, $@"{node} .* http http://localhost:(\d+)").Groups[1].Value, CultureInfo.InvariantCulture);

    private static async Task<AppHostProcess> StartAsync()
    {
        var host = new AppHostProcess(null, AppHostProcess.OnFreePorts);
        await host.UntilItPrintsAsync("stops everything");
        return host;
    }
}
