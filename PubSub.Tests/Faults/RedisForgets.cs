using PubSub.Tests.Infrastructure;
using Xunit.Abstractions;

namespace PubSub.Tests.Faults;

/// <summary>The store of the logs comes back without them: everybody is told.</summary>
public sealed class RedisForgets(ITestOutputHelper output)
{
    [Fact]
    public async Task Control_without_its_log_on_disk_accepted_messages_are_gone_and_the_oracle_sees_it()
    {
        await using var scene = await FaultScene.StartAsync(output, new FaultSetting { RedisKeepsItsData = false });
        await scene.PublishAsync(scene.Size.Interval);
        foreach (var node in scene.Cluster.Nodes)
            node.Kill();
        await scene.PublishAsync(TimeSpan.FromSeconds(1));
        await scene.Cluster.Redis.RestartAsync();
        foreach (var node in scene.Cluster.Nodes)
            await node.RestartAsync();
        await scene.PublishAsync(scene.Size.Interval);

        var verdict = await scene.EndAsync("control: redis kill -9 without a log on disk", 1);
        Assert.True(verdict.WrittenOff > 0, verdict.ToString());
    }

    [Fact]
    public async Task Emptied_every_client_is_told_that_its_position_is_worth_nothing()
    {
        await using var scene = await FaultScene.StartAsync(output);
        await scene.PublishAsync(scene.Size.Interval);
        foreach (var node in scene.Cluster.Nodes)
            node.Kill();
        await scene.Cluster.Redis.CommandAsync("FLUSHALL");
        foreach (var node in scene.Cluster.Nodes)
            await node.RestartAsync();
        await Wait.UntilAsync(
            () => scene.Clients.All(client => client.NotRecovered > 0), "every client to be told", TimeSpan.FromSeconds(60));
        await scene.PublishAsync(scene.Size.Interval);

        var verdict = await scene.EndAsync("redis emptied", 1);
        Assert.True(verdict.IsTrue, verdict.ToString());
    }
}
