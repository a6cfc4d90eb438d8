using System.Diagnostics;
using Grpc.Core;
using PubSub.Protocol;
using Xunit.Abstractions;

namespace PubSub.Tests.Faults;

/// <summary>The store of the logs is killed under load: what was accepted is in it afterwards.</summary>
[Collection(FaultCollection.Name)]
public sealed class RedisDies(ITestOutputHelper output)
{
    private static readonly TimeSpan RefusedWithin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task With_its_log_on_disk_nothing_is_lost_and_pushes_in_between_are_refused_at_once()
    {
        await using var scene = await FaultScene.StartAsync(output, new FaultSetting { Control = Flaw.TakesRefusedForAccepted });
        var (refusals, recoveries) = (new List<TimeSpan>(), new List<TimeSpan>());
        await scene.RepeatAsync(async _ =>
        {
            scene.Cluster.Redis.Kill();
            refusals.Add(await RefusalAsync(scene));
            // It answers PING when this returns.
            await scene.Cluster.Redis.RestartAsync();
            var restarted = Stopwatch.GetTimestamp();
            await scene.AcceptAnotherAsync();
            recoveries.Add(Stopwatch.GetElapsedTime(restarted));
        });

        var verdict = await scene.EndAsync("redis kill -9, appendfsync always", scene.Size.Faults);
        output.WriteLine($"refused after {Text(refusals)}; accepted again after {Text(recoveries)}");
        Assert.True(verdict.IsClean, verdict.ToString());
        Assert.True(scene.ControlVerdict.Lost > 0, scene.ControlVerdict.ToString());
        Assert.True(scene.CalmRate > scene.Size.LeastPerSecond, $"Only {scene.CalmRate:0} pushes/s between the faults.");
        Assert.All(recoveries, time => Assert.InRange(time, TimeSpan.Zero, BackWithin));
        // A machine that has much else to do may make one of them late, but not the promise itself.
        Assert.InRange(refusals.Min(), TimeSpan.Zero, RefusedWithin);
        Assert.InRange(refusals.Max(), TimeSpan.Zero, RefusedWithin + TimeSpan.FromSeconds(1));
    }

    /// <summary>How long the first push after the death took to be refused.</summary>
    private static async Task<TimeSpan> RefusalAsync(FaultScene scene)
    {
        var started = Stopwatch.GetTimestamp();
        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await scene.Cluster.PushManager().PushToRoomAsync(
            new PushToRoomRequest { RoomId = scene.Rooms[0], Content = new Content { Data = "is anybody there?" } }));

        Assert.Equal(StatusCode.Unavailable, refusal.StatusCode);
        return Stopwatch.GetElapsedTime(started);
    }

    private static string Text(IEnumerable<TimeSpan> times) => string.Join(", ", times.Select(time => $"{time.TotalMilliseconds:0} ms"));
}
