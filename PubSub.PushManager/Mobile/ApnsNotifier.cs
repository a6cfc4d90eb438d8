using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using PubSub.PushManager.Offline;
using PubSub.PushManager.Webhooks;

namespace PubSub.PushManager.Mobile;

/// <summary>
/// Asks Apple's push service to show a message on a phone: one POST over HTTP/2 for each device. <c>apns-id</c> is made of
/// message and device, so it is the same in each try. Which answers end a token: 410 alone. A token that APNs calls bad is
/// kept, because a wrong APNS_URL or APNS_TOPIC gets the same answer for every good one.
/// </summary>
internal sealed class ApnsNotifier : IOfflineNotifier, IDisposable
{
    private readonly ApnsProviderToken _provider;
    private readonly HttpClient _http;
    private readonly ApnsOptions _options;
    private readonly MobileOptions _mobile;
    private readonly TimeProvider _time;
    private readonly Uri _url;

    public ApnsNotifier(IOptions<ApnsOptions> options, IOptions<MobileOptions> mobile, TimeProvider time, ILogger<ApnsNotifier> logger)
        : this(options.Value, mobile.Value, time, PushServiceHttp.NewHandler(), logger)
    {
    }

    internal ApnsNotifier(ApnsOptions options, MobileOptions mobile, TimeProvider time, HttpMessageHandler handler, ILogger logger)
    {
        _options = options;
        _mobile = mobile;
        _time = time;
        _url = new Uri(options.Url);
        var isFile = options.KeyFile.Length + options.KeyIdFile.Length > 0;
        _provider = new ApnsProviderToken(new RotatedKey<ApnsKey>("APNS_KEY_FILE", isFile, options.LoadKey, time, logger), options.TeamId, time);
        _http = PushServiceHttp.NewClient(handler);
    }

    public string Name => "apns";

    public async Task<NotifyOutcome> NotifyAsync(Notification notification, CancellationToken cancellationToken)
    {
        var message = MobileMessage.From(notification.Message, _mobile);
        var payload = ApnsPayload.Of(message);
        var provider = _provider.Current();
        var outcome = await PostAsync(notification, message, payload, provider, cancellationToken);
        if (outcome.Status != 403)
            return outcome;

        var renewed = IsExpired(outcome) ? _provider.After(provider) : _provider.AfterUnknown(provider);
        return renewed == provider ? outcome : await PostAsync(notification, message, payload, renewed, cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private async Task<NotifyOutcome> PostAsync(
        Notification notification, MobileMessage message, byte[] payload, string provider, CancellationToken cancellationToken)
    {
        var device = notification.Device!;
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_url, "/3/device/" + device.Token))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(payload) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };
        var headers = request.Headers;
        headers.Authorization = PushServiceHttp.Bearer(provider);
        headers.Add("apns-id", IdOf(notification).ToString("D"));
        headers.Add("apns-topic", _options.Topic);
        foreach (var (name, value) in ApnsHeaders.Of(message, _mobile.Seconds, _time.GetUtcNow()))
            headers.Add(name, value);

        using var answer = await _http.SendAsync(request, cancellationToken);
        return answer.StatusCode is HttpStatusCode.OK
            ? new NotifyOutcome(NotifyResult.Sent, 200)
            : Judge(answer, await answer.Content.ReadAsByteArrayAsync(cancellationToken));
    }

    private NotifyOutcome Judge(HttpResponseMessage answer, byte[] body)
    {
        var (reason, timestamp) = Read(body);
        var status = (int)answer.StatusCode;
        var result = (answer.StatusCode, reason) switch
        {
            (HttpStatusCode.Gone, _) => NotifyResult.Gone,
            (HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError, _) => NotifyResult.Failed,
            (HttpStatusCode.Forbidden, "ExpiredProviderToken") => NotifyResult.Failed,
            (_, "IdleTimeout") => NotifyResult.Failed,
            _ => NotifyResult.Refused,
        };
        return new NotifyOutcome(result, status, $"it answered {status} {reason}".TrimEnd(), RetryAfter.Of(answer, _time), timestamp);
    }

    /// <summary>The reason, and of a token that is gone, since when.</summary>
    private static (string Reason, DateTimeOffset? Timestamp) Read(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var root = json.RootElement;
            var reason = root.TryGetProperty("reason", out var text) ? PushServiceHttp.Word(text.GetString()) : "";
            var since = root.TryGetProperty("timestamp", out var at) && at.TryGetInt64(out var milliseconds)
                ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
                : (DateTimeOffset?)null;
            return (reason, since);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or ArgumentOutOfRangeException)
        {
            return ("", null);
        }
    }

    private static bool IsExpired(NotifyOutcome outcome) => outcome.Result is NotifyResult.Failed;

    private static Guid IdOf(Notification notification)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{notification.Message.Channel}\n{notification.Message.MessageId}\n{notification.Device!.Id}"));
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80); // A UUID of version 8: made of what its maker chose.
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash.AsSpan(0, 16), bigEndian: true);
    }
}
