using Microsoft.Extensions.Logging.Abstractions;
using PubSub.PushManager.Mobile;
using PubSub.PushManager.Offline;
using PubSub.PushManager.Webhooks;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Mobile;

/// <summary>What goes to FCM and to the token exchange before it, and what each of the answers means.</summary>
public sealed class FcmIsAskedAsItWants : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private FakeFcm _fcm = null!;
    private FcmNotifier _notifier = null!;

    public async Task InitializeAsync()
    {
        _time.Advance(TimeSpan.FromDays(20_000));
        _fcm = await FakeFcm.StartAsync(_time);
        _notifier = new FcmNotifier(_fcm.Options, new MobileOptions(), _time, PushServiceHttp.NewHandler(), NullLogger.Instance);
    }

    public async Task DisposeAsync()
    {
        _notifier.Dispose();
        await _fcm.DisposeAsync();
    }

    [Fact]
    public async Task A_request_says_what_to_show_what_the_app_gets_and_how_to_carry_it()
    {
        var outcome = await SendAsync(Phones.ToFcm("Hello", "fcm-1", ("from", "us"), ("notify.collapse_id", "chat-7")));

        Assert.Equal((NotifyResult.Sent, 200), (outcome.Result, outcome.Status));
        var request = Assert.Single(_fcm.Requests);
        var expires = _time.GetUtcNow().ToUnixTimeSeconds() + 604_800;
        Assert.Equal(
            """{"token":"fcm-1","notification":{"title":"Bob","body":"Hello"},"data":{"message_id":"m1","channel":"user:alice","type":"TEXT","timestamp":"42","epoch":"17","offset":"3","sender_id":"bob","metadata.from":"us"},"android":{"priority":"HIGH","ttl":"604800s","collapse_key":"chat-7","notification":{"sound":"default","tag":"chat-7"}},"apns":{"headers":{"apns-push-type":"alert","apns-priority":"10","apns-expiration":"EXPIRES","apns-collapse-id":"chat-7"},"payload":{"aps":{"sound":"default"}}}}"""
                .Replace("EXPIRES", $"{expires}", StringComparison.Ordinal),
            request.Message.GetRawText());
        Assert.Empty(_fcm.Faults);
    }

    [Fact]
    public async Task A_silent_one_shows_nothing_and_hands_the_text_to_the_app()
    {
        await SendAsync(Phones.ToFcm("wake", metadata: [("notify.silent", "true")]));

        var request = Assert.Single(_fcm.Requests);
        Assert.Equal((null, "wake"), (request.Text, request.Data("text")));
        Assert.Equal("""{"priority":"NORMAL","ttl":"604800s"}""", request.Message.GetProperty("android").GetRawText());
        Assert.Empty(_fcm.Faults);
    }

    [Fact]
    public async Task What_is_too_long_is_shortened_and_says_so()
    {
        await SendAsync(Phones.ToFcm(new string('ö', 5000)));

        var request = Assert.Single(_fcm.Requests);
        Assert.Equal("true", request.Data("shortened"));
        Assert.EndsWith("ö…", request.Text, StringComparison.Ordinal);
        Assert.InRange(request.Bytes, 4000, 4096 + request.Token.Length);
        Assert.Empty(_fcm.Faults);
    }

    [Fact]
    public async Task One_access_token_serves_all_until_shortly_before_its_end()
    {
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => SendAsync()));
        Assert.Equal((1, 1), (_fcm.Exchanges, _fcm.Connections));

        _time.Advance(TimeSpan.FromMinutes(54));
        await SendAsync();
        Assert.Equal(1, _fcm.Exchanges);

        _time.Advance(TimeSpan.FromMinutes(2));
        await SendAsync();
        Assert.Equal(2, _fcm.Exchanges);
        Assert.Equal(52, _fcm.Requests.Count);
        Assert.Empty(_fcm.Faults);
    }

    [Fact]
    public async Task An_access_token_that_is_refused_is_renewed_once_for_all()
    {
        await SendAsync();
        _fcm.RevokeAll();
        var gate = new TaskCompletionSource();
        _fcm.Gate = gate.Task;
        var sending = Enumerable.Range(0, 10).Select(_ => SendAsync()).ToList();
        await Wait.UntilAsync(() => _fcm.Requests.Count == 11, "ten requests");
        gate.SetResult();

        Assert.All(await Task.WhenAll(sending), outcome => Assert.Equal(NotifyResult.Sent, outcome.Result));
        Assert.Equal((2, 21), (_fcm.Exchanges, _fcm.Requests.Count));

        _fcm.Script = static _ => new FcmAnswer(401, "UNAUTHENTICATED");
        var refused = await SendAsync();
        Assert.Equal((NotifyResult.Failed, 3, 23), (refused.Result, _fcm.Exchanges, _fcm.Requests.Count));
    }

    [Fact]
    public async Task An_exchange_that_is_refused_is_a_failure_that_says_why()
    {
        _fcm.ExchangeError = "invalid_grant";

        var outcome = await SendAsync();

        Assert.Equal((NotifyResult.Failed, 400), (outcome.Result, outcome.Status));
        Assert.Contains("invalid_grant", outcome.Why, StringComparison.Ordinal);
        Assert.Empty(_fcm.Requests);
    }

    [Theory]
    [InlineData(400, "INVALID_ARGUMENT", "message.token", nameof(NotifyResult.Gone))]
    [InlineData(400, "INVALID_ARGUMENT", "message.data", nameof(NotifyResult.Refused))]
    [InlineData(400, "INVALID_ARGUMENT", null, nameof(NotifyResult.Refused))]
    [InlineData(401, "THIRD_PARTY_AUTH_ERROR", null, nameof(NotifyResult.Refused))]
    [InlineData(403, "SENDER_ID_MISMATCH", null, nameof(NotifyResult.Refused))]
    [InlineData(404, "UNREGISTERED", null, nameof(NotifyResult.Gone))]
    [InlineData(404, "NOT_FOUND", null, nameof(NotifyResult.Refused))]
    [InlineData(429, "QUOTA_EXCEEDED", null, nameof(NotifyResult.Failed))]
    [InlineData(500, "INTERNAL", null, nameof(NotifyResult.Failed))]
    [InlineData(503, "UNAVAILABLE", null, nameof(NotifyResult.Failed))]
    public async Task Each_answer_has_its_meaning(int status, string code, string? field, string result)
    {
        _fcm.Script = _ => new FcmAnswer(status, code, field, RetryAfter: "9");

        var outcome = await SendAsync();

        Assert.Equal((result, status), (outcome.Result.ToString(), outcome.Status));
        Assert.Contains(code, outcome.Why, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(9), outcome.RetryAfter);
    }

    [Fact]
    public async Task Too_much_without_a_time_to_wait_means_a_minute()
    {
        _fcm.Script = static _ => new FcmAnswer(429, "QUOTA_EXCEEDED");

        Assert.Equal(TimeSpan.FromMinutes(1), (await SendAsync()).RetryAfter);
    }

    private Task<NotifyOutcome> SendAsync(Notification? notification = null) =>
        _notifier.NotifyAsync(notification ?? Phones.ToFcm("x"), CancellationToken.None);
}
