using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Pushing;

[Collection(SharedRedis.Name)]
public sealed class SomebodyOutsideIsToldOfOfflineUsers(RedisFixture fixture)
{
    [Fact]
    public async Task A_push_that_reaches_no_session_calls_the_webhook_signed_and_one_that_does_is_nobody_else_s_business()
    {
        await using var receiver = await WebhookReceiver.StartAsync(_ => StatusCodes.Status204NoContent);
        await using var scene = await StartAsync(receiver);
        var (_, identity) = await scene.AddNodeAsync();
        var online = PushScene.NewId("user");
        scene.Controller.Route($"user:{online}", identity);
        var offline = PushScene.NewId("user");

        await PushAsync(scene, online, "here", "m0");
        await PushAsync(scene, offline, "gone", "m1");
        await PushAsync(scene, offline, "gone", "m1");
        await PushAsync(scene, offline, "gone too", "m2");
        await Wait.UntilAsync(() => receiver.Calls.Count >= 2, "two calls");

        await Wait.UntilAsync(() => Counts(scene, "push_manager_offline_total{notifier=\"webhook\",result=\"sent\"} 2"), "two to be counted as sent");
        Assert.Equal(["m1", "m2"], receiver.Calls.Select(call => call.Key).Order());
        Assert.All(receiver.Calls, call => Assert.True(call.IsSigned));
        var body = JsonDocument.Parse(receiver.Calls.First(call => call.Key == "m1").Body).RootElement;
        Assert.Equal(offline, body.GetProperty("user_id").GetString());
        Assert.Equal("gone", body.GetProperty("message").GetProperty("content").GetProperty("data").GetString());
        Assert.Equal("m1", body.GetProperty("message").GetProperty("message_id").GetString());
    }

    [Fact]
    public async Task A_failure_is_tried_again_under_the_same_key_and_a_refusal_is_not()
    {
        var failures = 2;
        await using var receiver = await WebhookReceiver.StartAsync(key => key switch
        {
            "refused" => StatusCodes.Status400BadRequest,
            "hopeless" => StatusCodes.Status500InternalServerError,
            _ => Interlocked.Decrement(ref failures) >= 0 ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK,
        });
        await using var scene = await StartAsync(receiver, "--OFFLINE_TRIES=4", "--OFFLINE_PAUSE_MS=5");

        foreach (var id in new[] { "refused", "hopeless", "shaky" })
            await PushAsync(scene, PushScene.NewId("user"), "x", id);
        foreach (var result in new[] { "sent", "refused", "failed" })
            await Wait.UntilAsync(() => Counts(scene, $"push_manager_offline_total{{notifier=\"webhook\",result=\"{result}\"}} 1"), $"one to be counted as {result}");

        Assert.Equal(
            [("hopeless", 4), ("refused", 1), ("shaky", 3)],
            receiver.Calls.GroupBy(call => call.Key).Select(calls => (calls.Key, calls.Count())).Order());
    }

    [Fact]
    public async Task A_receiver_that_hangs_delays_no_push_and_what_does_not_fit_is_dropped_and_counted()
    {
        var hang = new TaskCompletionSource();
        await using var receiver = await WebhookReceiver.StartAsync(_ => StatusCodes.Status200OK, hang.Task);
        await using var scene = await StartAsync(receiver, "--OFFLINE_WORKERS=1", "--OFFLINE_QUEUE=3", "--OFFLINE_TIMEOUT_MS=60000");
        var user = PushScene.NewId("user");
        await PushAsync(scene, user, "x", "first");
        await Wait.UntilAsync(() => receiver.Arrived > 0, "the worker to hang");

        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 10; i++)
            await PushAsync(scene, user, "x", $"later{i}");
        var took = watch.Elapsed;

        await Wait.UntilAsync(() => Counts(scene, "push_manager_offline_total{notifier=\"webhook\",result=\"dropped\"} 7"), "seven to be dropped");
        hang.SetResult();
        await Wait.UntilAsync(() => Counts(scene, "push_manager_offline_total{notifier=\"webhook\",result=\"sent\"} 4"), "those that fitted to be sent");
        Assert.True(took < TimeSpan.FromSeconds(30), $"ten pushes took {took}");
    }

    private Task<PushScene> StartAsync(WebhookReceiver receiver, params string[] settings) => PushScene.StartAsync(
        fixture.Redis, [$"--OFFLINE_WEBHOOK_URL={receiver.Url}", $"--OFFLINE_WEBHOOK_SECRET={WebhookReceiver.Secret}", .. settings]);

    private static async Task PushAsync(PushScene scene, string user, string text, string messageId) =>
        await scene.Manager.Push.PushToUserAsync(new() { UserId = user, Content = new Content { Data = text }, MessageId = messageId });

    private static async Task<bool> Counts(PushScene scene, string sample) =>
        (await scene.Manager.Metrics.GetStringAsync("/metrics")).Contains(sample, StringComparison.Ordinal);
}
