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
        await using var scene = await FaultScene.StartAsync(output, new FaultSetting { Control = Flaw.ForgetsPositions });
        await KillInTurnAsync(scene, "connect node kill -9", scene.Cluster.Nodes);

        // A third of the clients is on the node that is killed.
        AssertAreBackSoon(scene.Returns, atLeast: scene.Clients.Count / 4);
        Assert.True(scene.ControlVerdict.WrittenOff > 0, scene.ControlVerdict.ToString());
    }

    [Fact]
    public async Task Push_managers()
    {
        await using var scene = await FaultScene.StartAsync(output);
        await KillInTurnAsync(scene, "push manager kill -9", scene.Cluster.PushManagers);
    }

    /// <summary>A hung node keeps the answers back, so at the kill all publishers have pushes in the log that nobody has confirmed.</summary>
    [Fact]
    public async Task Push_managers_whose_answers_are_outstanding()
    {
        await using var scene = await FaultScene.StartAsync(output, new FaultSetting { Control = Flaw.RepeatsWithoutId });
        await scene.PublishAsync(TimeSpan.FromSeconds(1));
        var node = scene.Cluster.Nodes[0];

        node.Pause();
        await Wait.UntilAsync(
            async () => await LoggedAsync(scene, scene.Control.Rooms) >= scene.Control.Oracle.AcceptedCount + scene.Control.Size.Publishers,
            "each publisher to have a push in the log without an answer");
        foreach (var manager in scene.Cluster.PushManagers)
            manager.Kill();
        node.Resume();
        await Task.WhenAll(scene.Cluster.PushManagers.Select(manager => manager.RestartAsync()));
        await scene.PublishAsync(TimeSpan.FromSeconds(1));

        AssertNothingIsMissing(await scene.EndAsync("push managers kill -9 with answers outstanding", faults: 2));
        Assert.True(scene.ControlVerdict.Repeated > 0, scene.ControlVerdict.ToString());
    }

    [Fact]
    public async Task Controllers()
    {
        await using var scene = await FaultScene.StartAsync(output);
        await KillInTurnAsync(scene, "controller kill -9", scene.Cluster.Controllers);
    }

    [Fact]
    public async Task All_controllers()
    {
        await using var scene = await FaultScene.StartAsync(output, new FaultSetting { Control = Flaw.TakesRefusedForAccepted });
        await scene.PublishAsync(TimeSpan.FromSeconds(1));

        foreach (var controller in scene.Cluster.Controllers)
            controller.Kill();
        await Wait.UntilAsync(() => scene.Control.Oracle.PromisedCount > 10, "pushes to be refused");
        await Task.WhenAll(scene.Cluster.Controllers.Select(controller => controller.RestartAsync()));
        await scene.AcceptAnotherAsync();
        await scene.PublishAsync(TimeSpan.FromSeconds(1));

        AssertNothingIsMissing(await scene.EndAsync("both controllers kill -9", faults: 1));
        Assert.True(scene.ControlVerdict.Lost > 0, scene.ControlVerdict.ToString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connect_node_is_away_for_longer_than_its_lease(bool isDead)
    {
        await using var scene = await FaultScene.StartAsync(output, new FaultSetting { Control = Flaw.ForgetsPositions });
        var presence = new Presence(scene);
        await scene.PublishAsync(TimeSpan.FromSeconds(1));
        var node = scene.Cluster.Nodes[0];

        if (isDead)
            node.Kill();
        else
            node.Pause();
        var gone = await presence.WaitUntilGoneAsync(node.Name);
        // Everybody lives on the other nodes meanwhile.
        await presence.WaitUntilAllAreThereAsync();
        await scene.PublishAsync(TimeSpan.FromSeconds(5));
        if (isDead)
            await node.RestartAsync();
        else
            node.Resume();
        await scene.Cluster.WaitForLinksAsync(scene.Cluster.Nodes.Count);
        await scene.PublishAsync(scene.Size.Interval);

        var verdict = await scene.EndAsync($"connect node {(isDead ? "dead" : "SIGSTOP")} beyond its lease, unrouted after {gone.TotalSeconds:0.0} s", faults: 1);
        AssertNothingIsMissing(verdict);
        if (isDead)
            AssertAreBackSoon(scene.Returns, atLeast: scene.Clients.Count / 4);
        Assert.True(scene.ControlVerdict.WrittenOff > 0, scene.ControlVerdict.ToString());
    }

    private static async Task KillInTurnAsync(FaultScene scene, string what, List<ServiceProcess> victims)
    {
        await scene.RepeatAsync(fault => victims[fault % victims.Count].RestartAsync());

        var verdict = await scene.EndAsync(what, scene.Size.Faults);
        AssertNothingIsMissing(verdict);
        Assert.Equal(0, scene.Clients.Sum(client => client.NotRecovered));
        Assert.True(scene.CalmRate > scene.Size.LeastPerSecond, $"Only {scene.CalmRate:0} pushes/s between the faults.");
    }

    private static async Task<long> LoggedAsync(FaultScene scene, IEnumerable<string> rooms)
    {
        var messages = 0L;
        foreach (var room in rooms)
            messages += (long)(await scene.Cluster.Redis.CommandAsync("XLEN", $"{{room:{room}}}:log"))!;
        return messages;
    }

    private static void AssertNothingIsMissing(Verdict verdict)
    {
        Assert.True(verdict.IsClean, verdict.ToString());
        Assert.True(verdict.Delivered > verdict.Accepted && verdict.Accepted > 0, verdict.ToString());
    }

    private static void AssertAreBackSoon(Returns returns, int atLeast)
    {
        Assert.True(returns.Count >= atLeast, $"Only {returns}.");
        Assert.True(returns.At(0.99) <= BackWithin, $"99 % should be back within {BackWithin.TotalSeconds} s: {returns}.");
    }
}

/// <summary>Those that promise times: one after the other, with the machine to themselves. The other faults run beside other tests.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class FaultCollection
{
    public const string Name = "faults";
}
