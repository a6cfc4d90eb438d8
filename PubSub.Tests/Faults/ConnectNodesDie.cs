using PubSub.Tests.Faults.Oracle;
using Xunit.Abstractions;

namespace PubSub.Tests.Faults;

/// <summary>kill -9 and SIGSTOP of connect nodes under load: what was accepted reaches everybody, once, in one order; and clients are back soon.</summary>
[Collection(FaultCollection.Name)]
public sealed class ConnectNodesDie(ITestOutputHelper output)
{
    /// <summary>Promised to clients: 99 of 100 are back in their rooms this soon after a node's death.</summary>
    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task One_after_the_other()
    {
        await using var scene = await FaultScene.StartAsync(output, new FaultSetting { Control = Flaw.ForgetsPositions });
        await scene.KillInTurnAsync("connect node kill -9", scene.Cluster.Nodes);

        // A third of the clients is on the node that is killed.
        AssertAreBackSoon(scene.Returns, atLeast: scene.Clients.Count / 4);
        Assert.True(scene.ControlVerdict.WrittenOff > 0, scene.ControlVerdict.ToString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_is_away_for_longer_than_its_lease(bool isDead)
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
        verdict.AssertNothingIsMissing();
        if (isDead)
            AssertAreBackSoon(scene.Returns, atLeast: scene.Clients.Count / 4);
        Assert.True(scene.ControlVerdict.WrittenOff > 0, scene.ControlVerdict.ToString());
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
