using System.Globalization;
using Grpc.Core;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Integration.Pushing;

namespace PubSub.Tests.Integration.Mobile;

/// <summary>Redis goes between an accepted push and the look-up of whom to tell: nobody is forgotten, and nobody told twice.</summary>
public sealed class PhonesAreToldThoughRedisWasAway : IAsyncLifetime
{
    private RedisProcess _redis = null!;
    private FakeApns _apns = null!;

    public async Task InitializeAsync()
    {
        _redis = await RedisProcess.StartAsync(new RedisProcessOptions { AppendOnly = true });
        _apns = await FakeApns.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _apns.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_look_up_waits_for_Redis_however_long_and_is_done_once(bool paused)
    {
        await using var scene = await StartAsync();
        var (user, pushing) = await PushToWhoseNodeIsSilentAsync(scene);
        if (paused)
            _redis.Pause();
        else
            _redis.Kill();
        // More tries than there are: an outage uses none up.
        await Wait.UntilAsync(async () => await CountAsync(scene, "push_manager_offline_tries_total{notifier=\"devices\",status=\"0\"}") >= 4, "look-ups that find Redis away");
        // It moves between the two all the while, and they are read one after the other.
        await Wait.UntilAsync(
            async () => await CountAsync(scene, "push_manager_offline_queue{notifier=\"devices\"}") + await CountAsync(scene, "push_manager_offline_under_way{notifier=\"devices\"}") == 1,
            "the look-up to be seen in the queue or under way");
        Assert.Empty(_apns.Requests);

        if (paused)
            _redis.Resume();
        else
            await _redis.RestartAsync();
        await Wait.UntilAsync(() => _apns.Requests.Count > 0, "the phone to be told");
        await Wait.ForAsync(pushing, "the push to be answered");
        await AssertTheNextIsTheSecondAsync(scene, user);
        await Wait.UntilAsync(async () => await CountAsync(scene, "push_manager_offline_total{notifier=\"devices\",result=\"sent\"}") == 2, "both to be counted for devices");
        await Wait.UntilAsync(async () => await CountAsync(scene, "push_manager_offline_total{notifier=\"apns\",result=\"sent\"}") == 2, "both to be counted for apns");
        Assert.Equal(0, await CountAsync(scene, "push_manager_offline_total{notifier=\"devices\",result=\"failed\"}"));
    }

    [Fact]
    public async Task A_stop_while_Redis_is_away_says_whom_nobody_was_told_of()
    {
        await using var scene = await StartAsync();
        var (_, pushing) = await PushToWhoseNodeIsSilentAsync(scene);
        _redis.Kill();
        await Wait.UntilAsync(async () => await CountAsync(scene, "push_manager_offline_tries_total{notifier=\"devices\",status=\"0\"}") > 0, "a look-up");
        await Wait.ForAsync(pushing, "the push to be answered");

        await Wait.ForAsync(scene.Manager.StopAsync(), "the stop");

        Assert.Contains(scene.Manager.Logs.Entries, entry => entry.ToString()!.Contains("nobody outside was told of message m1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_token_that_is_gone_is_removed_with_the_next_push_where_Redis_was_away()
    {
        await using var scene = await StartAsync();
        _apns.Script = static _ => new ApnsAnswer(410, "Unregistered");
        var gate = new TaskCompletionSource();
        _apns.Gate = gate.Task;
        var (user, pushing) = await PushToWhoseNodeIsSilentAsync(scene);
        await Wait.UntilAsync(() => _apns.Requests.Count == 1, "the phone to be told");
        await Wait.ForAsync(pushing, "the push to be answered");
        _redis.Kill();
        gate.SetResult();
        await Wait.UntilAsync(async () => await CountAsync(scene, "push_manager_offline_total{notifier=\"apns\",result=\"gone\"}") == 1, "the answer");

        await _redis.RestartAsync();
        await PushUntilAcceptedAsync(scene, user, "m2");
        await Wait.UntilAsync(async () => !(await DevicesAreRegistered.IdsAsync(scene, user)).Any(), "the device to be removed");
        Assert.Equal(2, _apns.Requests.Count);
    }

    private Task<PushScene> StartAsync() => PushScene.StartAsync(
        _redis, [.. _apns.Settings, "--OFFLINE_TRIES=2", "--OFFLINE_PAUSE_MS=20", "--LINK_ACK_TIMEOUT_MS=3000"]);

    /// <summary>The push is accepted, and who was reached is open until the node's time is up: then the phones are looked up.</summary>
    private static async Task<(string User, Task Pushing)> PushToWhoseNodeIsSilentAsync(PushScene scene)
    {
        var (node, identity) = await scene.AddNodeAsync(NodeManner.TakesWithoutAcks);
        var user = PushScene.NewId("user");
        await DevicesAreRegistered.RegisterAsync(scene, user, "phone", PushPlatform.Apns, Phones.NewApnsToken());
        scene.Controller.Route($"user:{user}", identity);
        var pushing = scene.Manager.Push.PushToUserAsync(new() { UserId = user, Content = new Content { Data = "first" }, MessageId = "m1" }).ResponseAsync;
        await Wait.UntilAsync(() => node.Messages.Count == 1, "the node to get it");
        scene.Controller.Route($"user:{user}");
        return (user, pushing);
    }

    private async Task AssertTheNextIsTheSecondAsync(PushScene scene, string user)
    {
        await PushUntilAcceptedAsync(scene, user, "m2");
        await Wait.UntilAsync(() => _apns.Requests.Any(request => request.Text == "m2"), "the phone to be told of the next");
        Assert.Equal(["first", "m2"], _apns.Requests.Select(request => request.Text));
    }

    private static async Task PushUntilAcceptedAsync(PushScene scene, string user, string text) => await Wait.UntilAsync(
        async () =>
        {
            try
            {
                await scene.Manager.Push.PushToUserAsync(new() { UserId = user, Content = new Content { Data = text }, MessageId = text });
                return true;
            }
            catch (RpcException notYet) when (notYet.StatusCode is StatusCode.Unavailable)
            {
                return false;
            }
        },
        "a push to be accepted again");

    private static async Task<double> CountAsync(PushScene scene, string sample)
    {
        var page = await scene.Manager.Metrics.GetStringAsync("/metrics");
        var line = page.Split('\n').FirstOrDefault(line => line.StartsWith(sample + " ", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line[(sample.Length + 1)..], CultureInfo.InvariantCulture);
    }
}
