using System.Net.Security;
using Microsoft.Extensions.Logging.Abstractions;
using PubSub.PushManager.Mobile;
using PubSub.PushManager.Offline;
using PubSub.PushManager.Webhooks;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Mobile;

/// <summary>What goes to APNs over HTTP/2, and what each of its answers means.</summary>
public sealed class ApnsIsAskedAsItWants : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private FakeApns _apns = null!;
    private ApnsNotifier _notifier = null!;

    public async Task InitializeAsync()
    {
        _time.Advance(TimeSpan.FromDays(20_000));
        _apns = await FakeApns.StartAsync(_time);
        _notifier = new ApnsNotifier(_apns.Options, new MobileOptions(), _time, PushServiceHttp.NewHandler(), NullLogger.Instance);
    }

    public async Task DisposeAsync()
    {
        _notifier.Dispose();
        await _apns.DisposeAsync();
    }

    [Fact]
    public async Task A_request_has_every_header_and_says_what_to_show_and_where_the_message_is()
    {
        var outcome = await SendAsync(Phones.ToApns("Hello <b>", "00ff", ("colour", "red"), ("notify.collapse_id", "chat-7")));

        Assert.Equal((NotifyResult.Sent, 200), (outcome.Result, outcome.Status));
        var request = Assert.Single(_apns.Requests);
        Assert.Equal("00ff", request.Token);
        Assert.Equal(
            ["apns-collapse-id=chat-7", $"apns-expiration={_time.GetUtcNow().ToUnixTimeSeconds() + 604_800}", "apns-priority=10", "apns-push-type=alert", $"apns-topic={FakeApns.Topic}"],
            request.Headers.Where(header => header.Key != "apns-id").Select(header => $"{header.Key}={header.Value}").Order());
        Assert.Equal(
            """{"aps":{"alert":{"title":"Bob","body":"Hello <b>"},"sound":"default"},"message_id":"m1","channel":"user:alice","type":"TEXT","timestamp":"42","epoch":"17","offset":"3","sender_id":"bob","metadata":{"colour":"red"}}""",
            request.Body.GetRawText());
        Assert.Empty(_apns.Faults);
    }

    [Fact]
    public async Task A_publisher_may_say_what_is_shown_and_how_urgent_it_is()
    {
        await SendAsync(Phones.ToApns("the text itself", metadata: [("notify.title", "Talk"), ("notify.text", "You have mail"), ("notify.sound", "bell.caf"), ("notify.priority", "normal")]));
        await SendAsync(Phones.ToApns("", metadata: [("notify.collapse_id", new string('x', 65))]));
        await SendAsync(Phones.ToApns("wake", metadata: [("notify.silent", "true")]));

        var aps = _apns.Requests.Select(request => request.Body.GetProperty("aps").GetRawText());
        Assert.Equal(
            ["""{"alert":{"title":"Talk","body":"You have mail"},"sound":"bell.caf"}""", """{"alert":{"title":"Bob","body":"New message"},"sound":"default"}""", """{"content-available":1}"""],
            aps);
        Assert.Equal(["5", "10", "5"], _apns.Requests.Select(request => request.Headers["apns-priority"]));
        Assert.Equal("background", _apns.Requests[2].Headers["apns-push-type"]);
        Assert.Equal(64, _apns.Requests[1].Headers["apns-collapse-id"].Length);
        Assert.Empty(_apns.Faults);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("ä")]
    [InlineData("\"")]
    [InlineData("👩‍👩‍👧")]
    public async Task What_is_too_long_is_shortened_between_characters_and_says_so(string character)
    {
        await SendAsync(Phones.ToApns(string.Concat(Enumerable.Repeat(character, 5000)), metadata: [("k", "v")]));

        var request = Assert.Single(_apns.Requests);
        Assert.InRange(request.Bytes, 4000, 4096);
        Assert.True(request.Body.GetProperty("shortened").GetBoolean());
        Assert.Equal("v", request.Body.GetProperty("metadata").GetProperty("k").GetString());
        Assert.Empty(request.Text!.TrimEnd('…').Replace(character, "", StringComparison.Ordinal));
        Assert.Empty(_apns.Faults);
    }

    [Fact]
    public async Task Metadata_that_leaves_no_room_is_left_out_and_the_text_stays()
    {
        await SendAsync(Phones.ToApns("short", metadata: [("k", new string('v', 5000))]));

        var request = Assert.Single(_apns.Requests);
        Assert.True(request.Body.GetProperty("shortened").GetBoolean());
        Assert.False(request.Body.TryGetProperty("metadata", out _));
        Assert.Equal("short", request.Text);
        Assert.InRange(request.Bytes, 100, 4096);
    }

    [Fact]
    public async Task One_provider_token_serves_for_forty_minutes_and_then_there_is_another()
    {
        await SendAsync();
        _time.Advance(TimeSpan.FromMinutes(39));
        await SendAsync();
        _time.Advance(TimeSpan.FromMinutes(2));
        await SendAsync();

        var tokens = _apns.Requests.Select(request => request.Provider).ToList();
        Assert.Equal(tokens[0], tokens[1]);
        Assert.NotEqual(tokens[1], tokens[2]);
        Assert.Empty(_apns.Faults);
    }

    [Fact]
    public async Task A_provider_token_that_is_called_expired_is_renewed_once_for_all_and_not_again_within_twenty_minutes()
    {
        var gate = new TaskCompletionSource();
        _apns.Gate = gate.Task;
        _apns.Script = request => request.Provider == _apns.Requests[0].Provider ? new ApnsAnswer(403, "ExpiredProviderToken") : null;
        var sending = Enumerable.Range(0, 10).Select(_ => SendAsync()).ToList();
        await Wait.UntilAsync(() => _apns.Requests.Count == 10, "ten requests");
        gate.SetResult();
        Assert.All(await Task.WhenAll(sending), outcome => Assert.Equal(NotifyResult.Sent, outcome.Result));
        Assert.Equal(2, _apns.Requests.Select(request => request.Provider).Distinct().Count());

        _apns.Script = static _ => new ApnsAnswer(403, "ExpiredProviderToken");
        var before = _apns.Requests.Count;
        var refused = await SendAsync();

        Assert.Equal((NotifyResult.Failed, 1), (refused.Result, _apns.Requests.Count - before));
        Assert.Equal(2, _apns.Requests.Select(request => request.Provider).Distinct().Count());
    }

    [Theory]
    [InlineData(400, "BadDeviceToken", nameof(NotifyResult.Refused))]
    [InlineData(400, "DeviceTokenNotForTopic", nameof(NotifyResult.Refused))]
    [InlineData(400, "IdleTimeout", nameof(NotifyResult.Failed))]
    [InlineData(403, "InvalidProviderToken", nameof(NotifyResult.Refused))]
    [InlineData(404, "BadPath", nameof(NotifyResult.Refused))]
    [InlineData(410, "Unregistered", nameof(NotifyResult.Gone))]
    [InlineData(410, "ExpiredToken", nameof(NotifyResult.Gone))]
    [InlineData(413, "PayloadTooLarge", nameof(NotifyResult.Refused))]
    [InlineData(429, "TooManyRequests", nameof(NotifyResult.Failed))]
    [InlineData(429, "TooManyProviderTokenUpdates", nameof(NotifyResult.Failed))]
    [InlineData(500, "InternalServerError", nameof(NotifyResult.Failed))]
    [InlineData(503, "Shutdown", nameof(NotifyResult.Failed))]
    public async Task Each_answer_has_its_meaning(int status, string reason, string result)
    {
        _apns.Script = _ => new ApnsAnswer(status, reason, RetryAfter: "7", Timestamp: 1_700_000_000_000);

        var outcome = await SendAsync();

        Assert.Equal((result, status), (outcome.Result.ToString(), outcome.Status));
        Assert.Contains(reason, outcome.Why, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(7), outcome.RetryAfter);
        Assert.Equal(1_700_000_000_000, outcome.GoneAt?.ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task An_answer_that_is_no_json_is_judged_by_its_status_and_never_quoted()
    {
        _apns.Script = static _ => new ApnsAnswer(502, "\", \"secret abcdef01\": \"");

        var outcome = await SendAsync();

        Assert.Equal((NotifyResult.Failed, "it answered 502"), (outcome.Result, outcome.Why));
    }

    [Fact]
    public async Task A_hundred_requests_at_once_share_one_connection_and_a_try_has_the_id_of_the_one_before()
    {
        await SendAsync();
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => SendAsync(Phones.ToApns($"{i}", $"{i:x8}"))));
        await SendAsync();

        Assert.Equal(1, _apns.Connections);
        Assert.Equal(102, _apns.Requests.Count);
        Assert.Equal(_apns.Requests[0].Headers["apns-id"], _apns.Requests[101].Headers["apns-id"]);
        Assert.Empty(_apns.Faults);
    }

    [Fact]
    public async Task Over_tls_it_is_http_2_too_and_a_certificate_that_nobody_vouches_for_is_refused()
    {
        using var certificate = TestCertificate.ForLoopback();
        await using var apns = await FakeApns.StartAsync(_time, certificate);
        var trusting = PushServiceHttp.NewHandler();
        trusting.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, errors) =>
            errors is SslPolicyErrors.RemoteCertificateChainErrors && shown?.GetCertHashString() == certificate.GetCertHashString();
        using var notifier = new ApnsNotifier(apns.Options, new MobileOptions(), _time, trusting, NullLogger.Instance);
        using var wary = new ApnsNotifier(apns.Options, new MobileOptions(), _time, PushServiceHttp.NewHandler(), NullLogger.Instance);

        var outcome = await notifier.NotifyAsync(Phones.ToApns("x"), CancellationToken.None);

        Assert.Equal(NotifyResult.Sent, outcome.Result);
        Assert.Empty(apns.Faults);
        await Assert.ThrowsAsync<HttpRequestException>(() => wary.NotifyAsync(Phones.ToApns("x"), CancellationToken.None));
        Assert.Single(apns.Requests);
    }

    private Task<NotifyOutcome> SendAsync(Notification? notification = null) =>
        _notifier.NotifyAsync(notification ?? Phones.ToApns("x"), CancellationToken.None);
}
