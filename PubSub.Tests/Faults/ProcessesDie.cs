using PubSub.Tests.Infrastructure;
using Xunit.Abstractions;

namespace PubSub.Tests.Faults;

/// <summary>kill -9 of what stands behind the connect nodes, under load: what was accepted reaches everybody, once, in one order.</summary>
public sealed class ProcessesDie(ITestOutputHelper output)
{
    [Fact]
    public async Task Push_managers()
    {
        await using var scene = await FaultScene.StartAsync(output);
        await scene.KillInTurnAsync("push manager kill -9", scene.Cluster.PushManagers);
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

        (await scene.EndAsync("push managers kill -9 with answers outstanding", faults: 2)).AssertNothingIsMissing();
        Assert.True(scene.ControlVerdict.Repeated > 0, scene.ControlVerdict.ToString());
    }

    [Fact]
    public async Task Controllers()
    {
        await using var scene = await FaultScene.StartAsync(output);
        await scene.KillInTurnAsync("controller kill -9", scene.Cluster.Controllers);
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

        (await scene.EndAsync("both controllers kill -9", faults: 1)).AssertNothingIsMissing();
        Assert.True(scene.ControlVerdict.Lost > 0, scene.ControlVerdict.ToString());
    }

    private static async Task<long> LoggedAsync(FaultScene scene, IEnumerable<string> rooms)
    {
        var messages = 0L;
        foreach (var room in rooms)
            messages += (long)(await scene.Cluster.Redis.CommandAsync("XLEN", $"{{room:{room}}}:log"))!;
        return messages;
    }
}
