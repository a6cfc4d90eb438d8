using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using PubSub.Protocol;
using PubSub.PushManager.Receipts;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Pushing;

[Collection(SharedRedis.Name)]
public sealed class ReceiptsCallTheWebhook(RedisFixture fixture)
{
    private readonly string _user = PushScene.NewId("user");
    private readonly string _feed = PushScene.NewId("feed");

    [Fact]
    public async Task Signed_under_one_key_for_each_and_only_of_its_feed()
    {
        await using var receiver = await WebhookReceiver.StartAsync(_ => StatusCodes.Status204NoContent);
        await using var scene = await StartAsync(receiver);
        await AckedPushAsync(scene, "m0", "another");
        await AckedPushAsync(scene, "m1", _feed);
        await AckedPushAsync(scene, "m2", _feed);

        await Wait.UntilAsync(() => receiver.Calls.Count >= 2, "two calls");
        await Wait.UntilAsync(() => Counts(scene, "push_manager_receipt_calls_total{result=\"sent\"} 2"), "two to be counted as sent");
        var bodies = receiver.Calls.Select(call => JsonDocument.Parse(call.Body).RootElement).OrderBy(NumberOf).ToList();
        Assert.Equal(["m1", "m2"], bodies.Select(body => body.GetProperty("message_id").GetString()));
        Assert.Equal("RECEIPT_KIND_DELIVERED", bodies[0].GetProperty("kind").GetString());
        Assert.Equal(_user, bodies[0].GetProperty("user_id").GetString());
        Assert.All(receiver.Calls, call => Assert.True(call.IsSigned));
        Assert.Equal(bodies.Select(body => $"{_feed}-{NumberOf(body)}").Order(), receiver.Calls.Select(call => call.Key).Order());
    }

    [Fact]
    public async Task The_next_push_manager_goes_on_where_the_one_before_stopped()
    {
        var fails = true;
        await using var receiver = await WebhookReceiver.StartAsync(
            _ => Volatile.Read(ref fails) ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
        await using (var first = await StartAsync(receiver, "--RECEIPT_WEBHOOK_TRIES=100", "--RECEIPT_WEBHOOK_PAUSE_MS=5"))
        {
            await AckedPushAsync(first, "m1", _feed);
            await Wait.UntilAsync(() => receiver.Calls.Count >= 2, "a second try");
        }

        Volatile.Write(ref fails, false);
        var before = receiver.Calls.Count;
        await using var second = await StartAsync(receiver);
        await using var third = await StartAsync(receiver);
        await AckedPushAsync(third, "m2", _feed);
        await Wait.UntilAsync(() => receiver.Calls.Count >= before + 2, "both to be called");
        await AckedPushAsync(second, "m3", _feed);
        await Wait.UntilAsync(() => receiver.Calls.Count >= before + 3, "the third");

        var keys = receiver.Calls.Skip(before).Select(call => call.Key).ToList();
        Assert.Equal(3, keys.Distinct().Count());
        Assert.Equal(3, keys.Count);
        Assert.Single(receiver.Calls.Take(before).Select(call => call.Key).Distinct());
    }

    [Fact]
    public async Task What_the_receiver_never_takes_is_counted_and_stays_in_the_feed_and_the_rest_goes_on()
    {
        await using var receiver = await WebhookReceiver.StartAsync(key =>
            key.EndsWith('0') || key.EndsWith('5') ? StatusCodes.Status400BadRequest : StatusCodes.Status200OK);
        await using var scene = await StartAsync(receiver);
        for (var i = 0; i < 10; i++)
            await AckedPushAsync(scene, $"m{i}", _feed);

        await Wait.UntilAsync(() => Counts(scene, "push_manager_receipt_calls_total{result=\"refused\"} 2"), "two to be counted as refused");
        await Wait.UntilAsync(() => Counts(scene, "push_manager_receipt_calls_total{result=\"sent\"} 8"), "the others to be sent");
        using var watch = scene.Manager.Push.WatchReceipts(new() { Feed = _feed, After = 0 });
        for (var i = 0; i < 10; i++)
            Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
    }

    [Fact]
    public async Task A_receipt_that_nobody_can_read_is_said_and_when_it_is_gone_the_calls_go_on_in_the_same_process()
    {
        await using var receiver = await WebhookReceiver.StartAsync(_ => StatusCodes.Status200OK);
        await using var scene = await StartAsync(receiver);
        await fixture.Redis.CommandAsync("XADD", "{receipts}:feed:" + _feed, "1-0", "offset", "no number");
        await Wait.UntilAsync(() => scene.Manager.Logs.Entries.Any(static entry => entry.EventId.Id == 3372), "it to be logged");

        await fixture.Redis.CommandAsync("XDEL", "{receipts}:feed:" + _feed, "1-0");
        await AckedPushAsync(scene, "m1", _feed);

        await Wait.UntilAsync(() => receiver.Calls.Count == 1, "the call");
        Assert.Contains("\"m1\"", receiver.Calls[0].Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_that_breaks_costs_the_receipts_behind_it_nothing()
    {
        await using var receiver = await WebhookReceiver.StartAsync(_ => StatusCodes.Status200OK);
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        await AckedPushAsync(scene, "m1", _feed);
        await AckedPushAsync(scene, "m2", _feed);
        var services = scene.Manager.Services;
        var options = Options.Create(new ReceiptOptions
        {
            WebhookUrl = receiver.Url,
            WebhookSecret = WebhookReceiver.Secret,
            WebhookFeed = _feed,
            WebhookCalls = 1,
        });
        using var webhook = ActivatorUtilities.CreateInstance<ReceiptWebhook>(
            services, options, ActivatorUtilities.CreateInstance<WebhookTurn>(services, options), new ClockThatBreaksOnce());

        await webhook.StartAsync(CancellationToken.None);
        await Wait.UntilAsync(() => receiver.Calls.Count == 1, "the second call");

        Assert.Contains("\"m2\"", receiver.Calls[0].Body, StringComparison.Ordinal);
        Assert.Equal([3371, 3370], scene.Manager.Logs.Entries.Select(static entry => entry.EventId.Id).Where(static id => id != PushManagerHost.WeakLogs));
        await webhook.StopAsync(CancellationToken.None);
    }

    private Task<PushScene> StartAsync(WebhookReceiver receiver, params string[] settings) => PushScene.StartAsync(
        fixture.Redis,
        [
            $"--RECEIPT_WEBHOOK_URL={receiver.Url}", $"--RECEIPT_WEBHOOK_SECRET={WebhookReceiver.Secret}", $"--RECEIPT_WEBHOOK_FEED={_feed}",
            .. settings,
        ]);

    private async Task AckedPushAsync(PushScene scene, string id, string feed)
    {
        var pushed = await scene.Manager.Push.PushToUserAsync(
            new() { UserId = _user, Content = new Content { Data = "x" }, MessageId = id, ReceiptsTo = feed });
        var move = new MoveCursorsRequest();
        move.Cursors.Add(new DeviceCursor { Channel = $"user:{_user}", DeviceId = "phone", Position = pushed.Position });
        await scene.Manager.Push.MoveCursorsAsync(move);
    }

    private static long NumberOf(JsonElement body) =>
        long.Parse(body.GetProperty("number").GetString()!, System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<bool> Counts(PushScene scene, string sample) =>
        (await scene.Manager.Metrics.GetStringAsync("/metrics")).Contains(sample, StringComparison.Ordinal);

    /// <summary>Whoever asks it for the date of the first signature finds it broken.</summary>
    private sealed class ClockThatBreaksOnce : TimeProvider
    {
        private int _asked;

        public override DateTimeOffset GetUtcNow() =>
            Interlocked.Increment(ref _asked) == 1 ? throw new InvalidOperationException("The clock is broken.") : base.GetUtcNow();
    }
}
