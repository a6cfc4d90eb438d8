using PubSub.Tests.Faults.Oracle;
using PubSub.Tests.Infrastructure;
using Xunit.Abstractions;

namespace PubSub.Tests.Faults;

/// <summary>kill -9 of any process under load: what was accepted reaches everybody, once, in one order.</summary>
[Collection(FaultCollection.Name)]
public sealed class ProcessesDie(ITestOutputHelper output)
{
    /// <summary>Promised to clients: 99 of 100 are back in their rooms this soon after a node's death.</summary>
    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Connect_nodes()
    {
        var returns = await KillInTurnAsync("connect node kill -9", cluster => cluster.Nodes);

        // A third of the clients is on the node that is killed.
        Assert.True(returns.Count >= FaultSize.Current.Clients / 4, $"Only {returns}.");
        Assert.True(returns.At(0.99) <= BackWithin, $"99 % should be back within {BackWithin.TotalSeconds} s: {returns}.");
    }

    [Fact]
    public Task Push_managers() => KillInTurnAsync("push manager kill -9", cluster => cluster.PushManagers);

    [Fact]
    public Task Controllers() => KillInTurnAsync("controller kill -9", cluster => cluster.Controllers);

    [Fact]
    public async Task A_connect_node_stands_still_for_longer_than_its_lease()
    {
        await using var scene = await FaultScene.StartAsync(output);
        await scene.PublishAsync(TimeSpan.FromSeconds(1));
        var node = scene.Cluster.Nodes[0];

        node.Pause();
        await scene.PublishAsync(TimeSpan.FromSeconds(15));
        node.Resume();
        await scene.PublishAsync(scene.Size.Interval);

        var verdict = await scene.EndAsync("connect node SIGSTOP for 15 s", faults: 1);
        Assert.True(verdict.IsClean, verdict.ToString());
        Assert.Equal(0, verdict.WrittenOff);
    }

    private async Task<Returns> KillInTurnAsync(string what, Func<TestCluster, List<ServiceProcess>> processes)
    {
        await using var scene = await FaultScene.StartAsync(output);
        await scene.RepeatAsync(fault =>
        {
            var victims = processes(scene.Cluster);
            return victims[fault % victims.Count].RestartAsync();
        });

        var verdict = await scene.EndAsync(what, scene.Size.Faults);
        Assert.True(verdict.IsClean, verdict.ToString());
        Assert.Equal(0, verdict.WrittenOff);
        Assert.True(verdict.Accepted > scene.Size.PushesPerSecond, verdict.ToString());
        Assert.True(verdict.Delivered > verdict.Accepted, verdict.ToString());
        return scene.Returns;
    }
}

/// <summary>One at a time: each uses all of the machine.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class FaultCollection
{
    public const string Name = "faults";
}
