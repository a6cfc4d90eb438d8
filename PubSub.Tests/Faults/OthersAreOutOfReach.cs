using PubSub.Tests.Infrastructure.Network;
using Xunit.Abstractions;

namespace PubSub.Tests.Faults;

/// <summary>What is out of reach for a while costs nobody a message, and nobody is taken for dead who is not.</summary>
[Collection(FaultCollection.Name)]
public sealed class OthersAreOutOfReach(ITestOutputHelper output)
{
    [Fact]
    public async Task Etcd_is_away_and_pushes_go_on()
    {
        await using var scene = await FaultScene.StartAsync(output);
        await scene.PublishAsync(TimeSpan.FromSeconds(1));

        scene.Cluster.Etcd.Kill();
        // Longer than every lease.
        var away = 2 * scene.Size.Outage;
        await scene.PublishAsync(away);
        await scene.Cluster.Etcd.RestartAsync();
        await scene.PublishAsync(TimeSpan.FromSeconds(10) + scene.Size.Interval);

        var cutOff = scene.Clients.Sum(client => client.Absences.Count);
        var refused = scene.Refused;
        var verdict = await scene.EndAsync($"etcd away for {away.TotalSeconds} s", faults: 1);
        Assert.True(verdict.IsClean, verdict.ToString());
        Assert.Equal((0, 0, 0), (cutOff, refused, verdict.WrittenOff));
    }

    [Fact]
    public async Task A_connect_node_is_cut_off_from_everything_but_its_clients()
    {
        var cut = new NetworkCut();
        await using var scene = await FaultScene.StartAsync(output, new FaultSetting { Cut = cut });
        await scene.PublishAsync(TimeSpan.FromSeconds(1));
        var node = scene.Cluster.Nodes[0];

        cut.CutOff(node.ProcessId);
        await scene.PublishAsync(TimeSpan.FromSeconds(10) + scene.Size.Outage);
        cut.Heal(node.ProcessId);
        await scene.PublishAsync(scene.Size.Interval);

        var verdict = await scene.EndAsync($"connect node cut off for {10 + scene.Size.Outage.TotalSeconds} s", faults: 1);
        Assert.True(verdict.IsClean, verdict.ToString());
        Assert.Equal(0, verdict.WrittenOff);
    }
}
