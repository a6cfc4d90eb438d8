using PubSub.Tests.Infrastructure;
using Xunit.Abstractions;

namespace PubSub.Tests.Faults;

/// <summary>kill -9 of any process under load: what was accepted reaches everybody, once, in one order.</summary>
[Collection(FaultCollection.Name)]
public sealed class ProcessesDie(ITestOutputHelper output)
{
    [Fact]
    public Task Connect_nodes() => KillInTurnAsync("connect node kill -9", cluster => cluster.Nodes);

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

    private async Task KillInTurnAsync(string what, Func<TestCluster, List<ServiceProcess>> processes)
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
    }
}

/// <summary>One at a time: each uses all of the machine.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class FaultCollection
{
    public const string Name = "faults";
}
