using System.Diagnostics;
using Grpc.Core;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Pushing;

/// <summary>Kills and pauses its own Redis.</summary>
public sealed class OutagesAreRefusalsNeverFalseOks : IAsyncLifetime
{
    private const string Logged = """{"off":false,"max_messages":0,"max_age_seconds":0}""";
    private const string Unlogged = """{"off":true,"max_messages":0,"max_age_seconds":0}""";

    // The promise is 2 s from the push to the refusal; the rest is what a busy test machine adds on the wire.
    private static readonly TimeSpan Refused = TimeSpan.FromSeconds(2.5);

    private RedisProcess _redis = null!;

    public async Task InitializeAsync() => _redis = await RedisProcess.StartAsync(new RedisProcessOptions { AppendOnly = true });

    public async Task DisposeAsync() => await _redis.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Redis_away_refuses_logged_pushes_in_time_and_lets_unlogged_ones_pass(bool paused)
    {
        await using var scene = await PushScene.StartAsync(_redis);
        var (node, identity) = await scene.AddNodeAsync();
        var logged = await scene.AddRoomAsync(Logged, identity);
        var unlogged = await scene.AddRoomAsync(Unlogged, identity);
        await scene.PushAsync(logged, "logged");
        await scene.PushAsync(unlogged, "unlogged");

        if (paused)
            _redis.Pause();
        else
            _redis.Kill();

        for (var i = 0; i < 3; i++)
        {
            var watch = Stopwatch.StartNew();
            var refusal = await Assert.ThrowsAsync<RpcException>(() => scene.PushAsync(logged, "refused"));
            Assert.Equal(StatusCode.Unavailable, refusal.StatusCode);
            Assert.Contains("Redis", refusal.Status.Detail, StringComparison.Ordinal);
            Assert.True(watch.Elapsed < Refused, $"refused only after {watch.Elapsed}");
        }

        Assert.Equal(1, (await scene.PushAsync(unlogged, "still")).NodesReached);
        Assert.Equal(["logged", "unlogged", "still"], node.Messages);

        // The control: the same push is accepted as soon as Redis is back, on the same epoch.
        if (paused)
            _redis.Resume();
        else
            await _redis.RestartAsync();
        PushReply? reply = null;
        await Wait.UntilAsync(async () => (reply = await TryAsync(() => scene.PushAsync(logged, "accepted"))) is not null, "Redis to be used again");
        Assert.Equal(1, reply!.NodesReached);
        Assert.Contains("accepted", node.Messages);
    }

    [Fact]
    public async Task A_redis_that_comes_back_with_older_data_starts_a_new_epoch()
    {
        await using var scene = await PushScene.StartAsync(_redis);
        var (_, identity) = await scene.AddNodeAsync();
        var room = await scene.AddRoomAsync(Logged, identity);
        await scene.PushAsync(room, "1");
        var first = await _redis.CommandAsync("HGET", $"{{room:{room}}}:position", "epoch");
        var last = await scene.PushAsync(room, "2");

        // As after a restart from a snapshot that was taken before the second push.
        await _redis.CommandAsync("HSET", $"{{room:{room}}}:position", "offset", "1");
        var next = await scene.PushAsync(room, "3");

        Assert.Equal(first, $"{last.Position.Epoch}");
        Assert.True(next.Position.Epoch > last.Position.Epoch);
        Assert.Equal(1, next.Position.Offset);
    }

    [Fact]
    public async Task Controller_away_is_unavailable_and_what_was_stored_is_delivered_when_it_is_back()
    {
        await using var scene = await PushScene.StartAsync(_redis);
        var (node, identity) = await scene.AddNodeAsync();
        var room = await scene.AddRoomAsync(Logged, identity);
        await scene.PushAsync(room, "before");
        await scene.Controller.KillAsync();

        // The push under way when the controller goes: stored, and says so.
        var stored = await Assert.ThrowsAsync<RpcException>(() => scene.PushAsync(room, "stored", "my-id"));
        Assert.Equal(StatusCode.Unavailable, stored.StatusCode);
        Assert.Contains("my-id", stored.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("offset 2", stored.Status.Detail, StringComparison.Ordinal);

        // Those behind it: refused before anything is stored.
        var refused = await Assert.ThrowsAsync<RpcException>(() => scene.PushAsync(room, "refused"));
        Assert.Equal(StatusCode.Unavailable, refused.StatusCode);
        Assert.Contains("nothing was stored", refused.Status.Detail, StringComparison.Ordinal);

        await scene.Controller.StartServerAsync();
        await Wait.UntilAsync(() => node.Gaps.Any(gap => gap.Until.Offset == 2), "the node to be told without anybody pushing");
        var again = await scene.PushAsync(room, "stored", "my-id");
        Assert.Equal((true, 2L), (again.Duplicate, again.Position.Offset));
        Assert.Equal(3, (await scene.PushAsync(room, "after")).Position.Offset);
        scene.Manager.Logs.AssertOnly(3100);
    }

    private static async Task<PushReply?> TryAsync(Func<Task<PushReply>> push)
    {
        try
        {
            return await push();
        }
        catch (RpcException refusal) when (refusal.StatusCode == StatusCode.Unavailable)
        {
            return null;
        }
    }
}
