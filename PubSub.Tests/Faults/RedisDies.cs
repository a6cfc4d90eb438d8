using System.Diagnostics;
using Grpc.Core;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;
using Xunit.Abstractions;

namespace PubSub.Tests.Faults;

/// <summary>The store of the logs is killed under load: what was accepted is in it afterwards, or everybody is told.</summary>
[Collection(FaultCollection.Name)]
public sealed class RedisDies(ITestOutputHelper output)
{
    [Fact]
    public async Task With_its_log_on_disk_nothing_is_lost_and_pushes_in_between_are_refused_at_once()
    {
        await using var scene = await FaultScene.StartAsync(output);
        var recoveries = new List<TimeSpan>();
        await scene.RepeatAsync(async _ =>
        {
            scene.Cluster.Redis.Kill();
            await AssertRefusedAtOnceAsync(scene);
            await scene.Cluster.Redis.RestartAsync();
            var restarted = Stopwatch.GetTimestamp();
            var accepted = scene.Oracle.AcceptedCount;
            await Wait.UntilAsync(() => scene.Oracle.AcceptedCount > accepted, "pushes to be accepted again");
            recoveries.Add(Stopwatch.GetElapsedTime(restarted));
        });

        var verdict = await scene.EndAsync("redis kill -9, appendfsync always", scene.Size.Faults);
        output.WriteLine($"accepted again after {string.Join(", ", recoveries.Select(time => $"{time.TotalMilliseconds:0} ms"))}");
        Assert.True(verdict.IsClean, verdict.ToString());
        Assert.Equal(0, verdict.WrittenOff);
        Assert.True(verdict.Accepted > scene.Size.PushesPerSecond, verdict.ToString());
    }

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
        Assert.True(verdict.Lost + verdict.WrittenOff > 0, verdict.ToString());
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
        Assert.True(verdict.IsClean, verdict.ToString());
    }

    private static async Task AssertRefusedAtOnceAsync(FaultScene scene)
    {
        var started = Stopwatch.GetTimestamp();
        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await scene.Cluster.PushManager().PushToRoomAsync(
            new PushToRoomRequest { RoomId = FaultScene.Room(0), Content = new Content { Data = "is anybody there?" } }));

        Assert.Equal(StatusCode.Unavailable, refusal.StatusCode);
        // The promise is two seconds; the third is for a machine that has much else to do.
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(3));
    }
}
