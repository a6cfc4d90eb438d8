using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Integration.Pushing;

namespace PubSub.Tests.Integration.Mobile;

/// <summary>From an accepted push to each of the phones of who has no session, whatever one of them or its service does.</summary>
[Collection(SharedRedis.Name)]
public sealed class PhonesOfOfflineUsersAreTold(RedisFixture fixture) : IAsyncLifetime
{
    private static readonly string[] Impatient = ["--OFFLINE_TRIES=3", "--OFFLINE_PAUSE_MS=5"];

    private FakeApns _apns = null!;
    private FakeFcm _fcm = null!;

    public async Task InitializeAsync()
    {
        _apns = await FakeApns.StartAsync();
        _fcm = await FakeFcm.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _apns.DisposeAsync();
        await _fcm.DisposeAsync();
    }

    [Fact]
    public async Task Each_device_of_an_offline_user_is_asked_once_and_an_online_user_s_never()
    {
        await using var scene = await StartAsync();
        var (_, identity) = await scene.AddNodeAsync();
        var (online, offline) = (PushScene.NewId("user"), PushScene.NewId("user"));
        scene.Controller.Route($"user:{online}", identity);
        var (phone, pad, android) = (Phones.NewApnsToken(), Phones.NewApnsToken(), Phones.NewFcmToken());
        await DevicesAreRegistered.RegisterAsync(scene, online, "phone", PushPlatform.Apns, Phones.NewApnsToken());
        await DevicesAreRegistered.RegisterAsync(scene, offline, "phone", PushPlatform.Apns, phone);
        await DevicesAreRegistered.RegisterAsync(scene, offline, "pad", PushPlatform.Apns, pad);
        await DevicesAreRegistered.RegisterAsync(scene, offline, "android", PushPlatform.Fcm, android);

        await PushAsync(scene, online, "here", "m0");
        await PushAsync(scene, offline, "gone", "m1");
        await PushAsync(scene, offline, "gone", "m1");
        await PushAsync(scene, PushScene.NewId("user"), "nobody's", "m2");
        await CountsAsync(scene, "apns", "sent", 2);
        await CountsAsync(scene, "fcm", "sent", 1);
        await CountsAsync(scene, "devices", "nobody", 1);

        Assert.Equal(new[] { phone, pad }.Order(), _apns.Requests.Select(request => request.Token).Order());
        Assert.Equal([android], _fcm.Requests.Select(request => request.Token));
        Assert.All(_apns.Requests, request => Assert.Equal(("gone", "m1"), (request.Text, request.Body.GetProperty("message_id").GetString())));
        Assert.Equal(("gone", "m1"), (_fcm.Requests[0].Text, _fcm.Requests[0].Data("message_id")));
        Assert.Empty(_apns.Faults);
        Assert.Empty(_fcm.Faults);
        scene.Manager.Logs.AssertOnly();
    }

    [Fact]
    public async Task A_token_that_its_service_calls_gone_is_removed_and_one_that_was_registered_since_is_not()
    {
        await using var scene = await StartAsync();
        var user = PushScene.NewId("user");
        var (gone, back) = (Phones.NewApnsToken(), Phones.NewApnsToken());
        await DevicesAreRegistered.RegisterAsync(scene, user, "gone", PushPlatform.Apns, gone);
        await DevicesAreRegistered.RegisterAsync(scene, user, "back", PushPlatform.Apns, back);
        await DevicesAreRegistered.RegisterAsync(scene, user, "android", PushPlatform.Fcm, Phones.NewFcmToken());
        var now = DateTimeOffset.UtcNow;
        _apns.Script = request => new ApnsAnswer(410, "Unregistered", (request.Token == gone ? now.AddMinutes(1) : now.AddMinutes(-1)).ToUnixTimeMilliseconds());
        _fcm.Script = static _ => new FcmAnswer(404, "UNREGISTERED");

        await PushAsync(scene, user, "x", "m1");
        await CountsAsync(scene, "apns", "gone", 2);
        await CountsAsync(scene, "fcm", "gone", 1);
        await Wait.UntilAsync(async () => (await DevicesAreRegistered.IdsAsync(scene, user)).SequenceEqual(["back"]), "the two to be removed");

        await PushAsync(scene, user, "x", "m2");
        await CountsAsync(scene, "apns", "gone", 3);
        Assert.Equal(3, _apns.Requests.Count);
        Assert.Single(_fcm.Requests);
    }

    [Fact]
    public async Task What_fails_is_tried_again_alone_and_under_the_same_id()
    {
        await using var scene = await StartAsync(Impatient);
        var user = PushScene.NewId("user");
        var (good, shaky) = (Phones.NewApnsToken(), Phones.NewApnsToken());
        await DevicesAreRegistered.RegisterAsync(scene, user, "good", PushPlatform.Apns, good);
        await DevicesAreRegistered.RegisterAsync(scene, user, "shaky", PushPlatform.Apns, shaky);
        await DevicesAreRegistered.RegisterAsync(scene, user, "android", PushPlatform.Fcm, Phones.NewFcmToken());
        _apns.Script = request => request.Token == shaky && _apns.Requests.Count(seen => seen.Token == shaky) < 3 ? new ApnsAnswer(503, "ServiceUnavailable") : null;
        _fcm.Script = static _ => new FcmAnswer(500, "INTERNAL");

        await PushAsync(scene, user, "x", "m1");
        await CountsAsync(scene, "apns", "sent", 2);
        await CountsAsync(scene, "fcm", "failed", 1);

        Assert.Equal((1, 3, 3), (_apns.Requests.Count(request => request.Token == good), _apns.Requests.Count(request => request.Token == shaky), _fcm.Requests.Count));
        Assert.Single(_apns.Requests.Where(request => request.Token == shaky).Select(request => request.Headers["apns-id"]).Distinct());
        Assert.Single(_apns.Requests.Select(request => request.Provider).Distinct());
        scene.Manager.Logs.AssertOnly(3350);
    }

    [Fact]
    public async Task A_device_whose_service_says_later_waits_without_holding_up_the_others()
    {
        await using var scene = await StartAsync("--OFFLINE_WORKERS=1");
        var user = PushScene.NewId("user");
        var (later, good) = (Phones.NewApnsToken(), Phones.NewApnsToken());
        await DevicesAreRegistered.RegisterAsync(scene, user, "good", PushPlatform.Apns, good);
        await DevicesAreRegistered.RegisterAsync(scene, user, "later", PushPlatform.Apns, later);
        _apns.Script = request => request.Token == later ? new ApnsAnswer(429, "TooManyRequests", RetryAfter: "3000") : null;

        for (var i = 0; i < 5; i++)
            await PushAsync(scene, user, "x", $"m{i}");
        await CountsAsync(scene, "apns", "sent", 5);

        await Wait.UntilAsync(() => _apns.Requests.Count(request => request.Token == later) == 5, "the other one to be asked");
        await HasAsync(scene, "push_manager_offline_queue{notifier=\"apns\"} 5");
        await HasAsync(scene, "push_manager_offline_tries_total{notifier=\"apns\",status=\"429\"} 5");
    }

    [Fact]
    public async Task A_service_that_hangs_and_a_webhook_that_hangs_delay_neither_each_other_nor_a_push()
    {
        var hang = new TaskCompletionSource();
        _apns.Gate = hang.Task;
        await using var hook = await HangingWebhook.StartAsync(hang.Task);
        await using var scene = await StartAsync(
            $"--OFFLINE_WEBHOOK_URL={hook.Url}", "--OFFLINE_WEBHOOK_SECRET=a secret of the test", "--OFFLINE_WORKERS=1", "--OFFLINE_QUEUE=3", "--OFFLINE_TIMEOUT_MS=60000");
        var user = PushScene.NewId("user");
        await DevicesAreRegistered.RegisterAsync(scene, user, "phone", PushPlatform.Apns, Phones.NewApnsToken());
        await DevicesAreRegistered.RegisterAsync(scene, user, "android", PushPlatform.Fcm, Phones.NewFcmToken());

        var watch = Stopwatch.StartNew();
        for (var i = 1; i <= 10; i++)
        {
            await PushAsync(scene, user, "x", $"m{i}");
            await CountsAsync(scene, "fcm", "sent", i);
        }

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(40), $"ten pushes took {watch.Elapsed}");
        await CountsAsync(scene, "apns", "dropped", 6);
        await CountsAsync(scene, "webhook", "dropped", 6);
        hang.SetResult();
        await CountsAsync(scene, "apns", "sent", 4);
        await CountsAsync(scene, "webhook", "sent", 4);
    }

    [Fact]
    public async Task A_stop_waits_for_what_is_still_to_be_told()
    {
        var gate = new TaskCompletionSource();
        _apns.Gate = gate.Task;
        await using var scene = await StartAsync("--OFFLINE_WORKERS=1");
        var user = PushScene.NewId("user");
        await DevicesAreRegistered.RegisterAsync(scene, user, "phone", PushPlatform.Apns, Phones.NewApnsToken());
        for (var i = 0; i < 5; i++)
            await PushAsync(scene, user, "x", $"m{i}");
        await Wait.UntilAsync(() => _apns.Requests.Count > 0, "the first request");

        var stopping = scene.Manager.StopAsync();
        gate.SetResult();
        await Wait.ForAsync(stopping, "the stop");

        Assert.Equal(5, _apns.Requests.Count);
    }

    [Fact]
    public async Task A_stop_tries_what_pauses_once_more_and_waits_for_no_hour()
    {
        await using var scene = await StartAsync();
        var user = PushScene.NewId("user");
        await DevicesAreRegistered.RegisterAsync(scene, user, "phone", PushPlatform.Apns, Phones.NewApnsToken());
        _apns.Script = static _ => new ApnsAnswer(503, "ServiceUnavailable", RetryAfter: "3000");
        await PushAsync(scene, user, "x", "m1");
        // What waits before its first try is counted as what pauses after it is.
        await HasAsync(scene, "push_manager_offline_tries_total{notifier=\"apns\",status=\"503\"} 1");
        await HasAsync(scene, "push_manager_offline_queue{notifier=\"apns\"} 1");

        await Wait.ForAsync(scene.Manager.StopAsync(), "the stop");

        Assert.Equal(2, _apns.Requests.Count);
        scene.Manager.Logs.AssertOnly(3350);
    }

    [Fact]
    public async Task Spans_and_logs_name_the_device_and_never_its_token()
    {
        var ended = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name is "PubSub.PushManager" or "System.Net.Http" or "Microsoft.AspNetCore",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var scene = await StartAsync(Impatient);
        var user = PushScene.NewId("user");
        var (apple, android) = (Phones.NewApnsToken(), Phones.NewFcmToken());
        await DevicesAreRegistered.RegisterAsync(scene, user, "phone", PushPlatform.Apns, apple);
        await DevicesAreRegistered.RegisterAsync(scene, user, "android", PushPlatform.Fcm, android);
        _apns.Script = static _ => new ApnsAnswer(400, "BadDeviceToken");
        _fcm.Script = static _ => new FcmAnswer(403, "SENDER_ID_MISMATCH");

        await PushAsync(scene, user, "x", "traced");
        await CountsAsync(scene, "apns", "refused", 1);
        await CountsAsync(scene, "fcm", "refused", 1);

        var spans = ended.Where(span => span.OperationName.StartsWith("notify ", StringComparison.Ordinal) && Equals(span.GetTagItem("pubsub.channel"), $"user:{user}")).ToList();
        Assert.Equal(["notify apns", "notify devices", "notify fcm"], spans.Select(span => span.OperationName).Order());
        Assert.Single(spans.Select(span => span.TraceId).Distinct());
        Assert.Equal(400, spans.Single(span => span.OperationName is "notify apns").GetTagItem("http.response.status_code"));
        var told = ended.Where(span => !span.Source.Name.StartsWith("Microsoft", StringComparison.Ordinal)).SelectMany(span => span.TagObjects.Select(tag => $"{tag.Value}").Append(span.DisplayName).Append(span.StatusDescription ?? ""))
            .Concat(scene.Manager.Logs.Entries.Select(entry => entry.ToString())).ToList();
        Assert.Contains(told, text => text.Contains("BadDeviceToken", StringComparison.Ordinal));
        Assert.DoesNotContain(told, text => text.Contains(apple, StringComparison.Ordinal) || text.Contains(android, StringComparison.Ordinal));
        Assert.Empty(_apns.Faults);
        scene.Manager.Logs.AssertOnly(3350);
    }

    private Task<PushScene> StartAsync(params string[] settings) =>
        PushScene.StartAsync(fixture.Redis, [.. _apns.Settings, .. _fcm.Settings, .. settings]);

    private static async Task PushAsync(PushScene scene, string user, string text, string messageId) =>
        await scene.Manager.Push.PushToUserAsync(new() { UserId = user, Content = new Content { Data = text }, MessageId = messageId });

    private static Task CountsAsync(PushScene scene, string notifier, string result, int count) =>
        HasAsync(scene, $"push_manager_offline_total{{notifier=\"{notifier}\",result=\"{result}\"}} {count}\n");

    private static Task HasAsync(PushScene scene, string sample) => Wait.UntilAsync(
        async () => (await scene.Manager.Metrics.GetStringAsync("/metrics")).Contains(sample, StringComparison.Ordinal), sample);

    private sealed class HangingWebhook(WebApplication server, int port) : IAsyncDisposable
    {
        public string Url => $"http://127.0.0.1:{port}/";

        public static async Task<HangingWebhook> StartAsync(Task hang)
        {
            var port = FreePort.Next();
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
            var hook = new HangingWebhook(builder.Build(), port);
            hook.Run(hang);
            await hook.StartServerAsync();
            return hook;
        }

        public ValueTask DisposeAsync() => server.DisposeAsync();

        private void Run(Task hang) => server.Run(_ => hang);

        private Task StartServerAsync() => server.StartAsync();
    }
}
