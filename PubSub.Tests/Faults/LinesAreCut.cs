using PubSub.Tests.Infrastructure;
using PubSub.Tests.Infrastructure.Network;
using Xunit.Abstractions;

namespace PubSub.Tests.Faults;

/// <summary>
/// A process that lives and cannot be reached: bytes wait on the line, nobody sees a reset. The others go on without it, and
/// what it still believes harms nobody when the line is whole again.
/// </summary>
public sealed class LinesAreCut(ITestOutputHelper output)
{
    private readonly NetworkCut _cut = new();

    [Fact]
    public async Task A_connect_node_is_cut_off_from_everything_but_its_clients()
    {
        await using var scene = await StartAsync(Flaw.HasNoLog);
        var presence = new Presence(scene);
        var node = scene.Cluster.Nodes[0];

        _cut.CutOff(node.ProcessId);
        var gone = await presence.WaitUntilGoneAsync(node.Name);
        await scene.Cluster.WaitForLinksAsync(scene.Cluster.Nodes.Count - 1);
        await Wait.UntilAsync(
            async () => await presence.UsersInRoomsAsync() <= scene.Clients.Count * 3 / 4, "who is on that node to be taken for gone");
        await scene.PublishAsync(scene.Size.Outage);
        _cut.Heal(node.ProcessId);
        await scene.Cluster.WaitForLinksAsync(scene.Cluster.Nodes.Count);
        await presence.WaitUntilAllAreThereAsync();
        await Wait.UntilAsync(() => presence.IsRoutedAsync(node.Name), $"{node.Name} to be in the routing again");
        await scene.PublishAsync(scene.Size.Interval);

        var verdict = await scene.EndAsync($"connect node cut off for {gone.TotalSeconds + scene.Size.Outage.TotalSeconds:0} s, unrouted after {gone.TotalSeconds:0.0} s", faults: 1);
        Assert.True(verdict.IsClean, verdict.ToString());
        Assert.True(scene.ControlVerdict.Lost > 0, scene.ControlVerdict.ToString());
    }

    /// <summary>As an orchestrator does with a node that it does not see any more. SPEC.md 8, 4003.</summary>
    [Fact]
    public async Task A_connect_node_that_was_replaced_while_it_was_cut_off_sends_its_clients_away()
    {
        await using var scene = await StartAsync(Flaw.ForgetsPositions);
        var presence = new Presence(scene);
        var node = scene.Cluster.Nodes[0];
        var former = Assert.Single(await presence.RouteAsync(node.Name));

        _cut.CutOff(node.ProcessId);
        await scene.Cluster.AddNodeAsync(node.Name);
        await scene.Cluster.WaitForLinksAsync(scene.Cluster.Nodes.Count - 1);
        _cut.Heal(node.ProcessId);
        await Wait.UntilAsync(() => node.HasExited, "the node that was replaced to stop");
        await presence.WaitUntilAllAreThereAsync();
        await scene.PublishAsync(scene.Size.Interval);
        Assert.All(await presence.RouteAsync(node.Name), incarnation => Assert.True(incarnation > former));

        var verdict = await scene.EndAsync("connect node cut off and replaced", faults: 1);
        Assert.True(verdict.IsClean, verdict.ToString());
        Assert.Equal(scene.Returns.Count, scene.Clients.Sum(client => client.CloseCodes.Count(code => code == 4003)));
        Assert.True(scene.Returns.Count >= scene.Clients.Count / 4, $"Only {scene.Returns}.");
        Assert.True(scene.ControlVerdict.WrittenOff > 0, scene.ControlVerdict.ToString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_push_manager_is_cut_off(bool fromRedisOnly)
    {
        await using var scene = await StartAsync(Flaw.TakesRefusedForAccepted);
        var manager = scene.Cluster.PushManagers[0].ProcessId;
        int? door = fromRedisOnly ? scene.Cluster.Redis.Port : null;

        _cut.CutOff(manager, door);
        await scene.PublishAsync(scene.Size.Outage);
        await Wait.UntilAsync(() => scene.Control.Oracle.PromisedCount > 0, "a push to be refused");
        _cut.Heal(manager, door);
        await scene.PublishAsync(scene.Size.Interval);

        await AssertNothingHappenedAsync(scene, $"push manager cut off from {(fromRedisOnly ? "Redis" : "everything")} for {scene.Size.Outage.TotalSeconds} s");
    }

    [Fact]
    public async Task Controllers_are_cut_off_from_redis()
    {
        await using var scene = await StartAsync(Flaw.TakesRefusedForAccepted);
        var redis = scene.Cluster.Redis.Port;

        _cut.CutOff(scene.Cluster.Controllers[0].ProcessId, redis);
        await scene.PublishAsync(scene.Size.Outage);
        Assert.Equal(0, scene.Refused);
        // Without the last of them nobody knows whom to tell.
        _cut.CutOff(scene.Cluster.Controllers[1].ProcessId, redis);
        await Wait.UntilAsync(() => scene.Control.Oracle.PromisedCount > 10, "pushes to be refused");
        foreach (var controller in scene.Cluster.Controllers)
            _cut.Heal(controller.ProcessId, redis);
        await scene.AcceptAnotherAsync();
        await scene.PublishAsync(scene.Size.Interval);

        await AssertNothingHappenedAsync(scene, $"one controller cut off from Redis for {scene.Size.Outage.TotalSeconds} s, then both");
    }

    private async Task<FaultScene> StartAsync(Flaw control)
    {
        var scene = await FaultScene.StartAsync(output, new FaultSetting { Cut = _cut, Control = control });
        await scene.PublishAsync(TimeSpan.FromSeconds(1));
        return scene;
    }

    private static async Task AssertNothingHappenedAsync(FaultScene scene, string what)
    {
        var presence = new Presence(scene);
        await presence.WaitUntilAllAreThereAsync();
        var cutOff = scene.Clients.Sum(client => client.Absences.Count);

        var verdict = await scene.EndAsync(what, faults: 1);
        Assert.True(verdict.IsClean, verdict.ToString());
        Assert.Equal(0, cutOff);
        Assert.True(scene.ControlVerdict.Lost > 0, scene.ControlVerdict.ToString());
    }
}
