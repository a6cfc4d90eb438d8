using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Options;
using PubSub.PushManager.Offline;
using PubSub.PushManager.Webhooks;

namespace PubSub.PushManager.Mobile;

/// <summary>
/// Asks Google's push service (FCM, HTTP v1) to show a message on a phone. UNREGISTERED ends a token, and so does an
/// INVALID_ARGUMENT that names the token; any other is about what we sent.
/// </summary>
internal sealed class FcmNotifier : IOfflineNotifier, IDisposable
{
    /// <summary>What FCM asks for where it is sent too much and names no time itself.</summary>
    private static readonly TimeSpan PauseOfQuota = TimeSpan.FromMinutes(1);

    private readonly FcmAccessToken _access;
    private readonly HttpClient _http;
    private readonly MobileOptions _mobile;
    private readonly TimeProvider _time;
    private readonly FcmOptions _options;

    public FcmNotifier(IOptions<FcmOptions> options, IOptions<MobileOptions> mobile, TimeProvider time, ILogger<FcmNotifier> logger)
        : this(options.Value, mobile.Value, time, PushServiceHttp.NewHandler(), logger)
    {
    }

    internal FcmNotifier(FcmOptions options, MobileOptions mobile, TimeProvider time, HttpMessageHandler handler, ILogger logger)
    {
        _options = options;
        _mobile = mobile;
        _time = time;
        _http = PushServiceHttp.NewClient(handler);
        var accounts = new RotatedKey<ServiceAccount>("FCM_CREDENTIALS_FILE", options.CredentialsFile.Length > 0, options.LoadAccount, time, logger);
        _access = new FcmAccessToken(accounts, _http, time);
    }

    public string Name => "fcm";

    public async Task<NotifyOutcome> NotifyAsync(Notification notification, CancellationToken cancellationToken)
    {
        var message = MobileMessage.From(notification.Message, _mobile);
        var payload = FcmPayload.Of(message, notification.Device!.Token, _mobile.Seconds, _time.GetUtcNow());
        var access = await _access.GetAsync(null, cancellationToken);
        if (access.Token is not { } token)
            return new NotifyOutcome(NotifyResult.Failed, access.Status, access.Why);
        var outcome = await PostAsync(payload, access, cancellationToken);
        if (!IsUnauthorized(outcome))
            return outcome;

        access = await _access.GetAsync(token, cancellationToken);
        return access.Token is not null
            ? await PostAsync(payload, access, cancellationToken)
            : new NotifyOutcome(NotifyResult.Failed, access.Status, access.Why);
    }

    public void Dispose()
    {
        _http.Dispose();
        _access.Dispose();
    }

    private async Task<NotifyOutcome> PostAsync(byte[] payload, AccessTokenAnswer access, CancellationToken cancellationToken)
    {
        var project = _options.ProjectId.Length > 0 ? _options.ProjectId : access.ProjectId;
        var url = new Uri(new Uri(_options.Url), $"/v1/projects/{Uri.EscapeDataString(project)}/messages:send");
        using var request = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(payload) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") { CharSet = "utf-8" } } },
        };
        request.Headers.Authorization = PushServiceHttp.Bearer(access.Token!);
        using var answer = await _http.SendAsync(request, cancellationToken);
        return answer.StatusCode is HttpStatusCode.OK
            ? new NotifyOutcome(NotifyResult.Sent, 200)
            : Judge(answer, await answer.Content.ReadAsByteArrayAsync(cancellationToken));
    }

    private NotifyOutcome Judge(HttpResponseMessage answer, byte[] body)
    {
        var error = FcmError.Read(body);
        var status = (int)answer.StatusCode;
        var result = error.Code switch
        {
            "UNREGISTERED" => NotifyResult.Gone,
            "INVALID_ARGUMENT" when error.NamesToken => NotifyResult.Gone,
            "THIRD_PARTY_AUTH_ERROR" => NotifyResult.Refused, // The project's key for APNs is wrong; ours is not.
            "QUOTA_EXCEEDED" or "UNAVAILABLE" or "INTERNAL" => NotifyResult.Failed,
            _ when status is 401 or 408 or 429 or >= 500 => NotifyResult.Failed,
            _ => NotifyResult.Refused,
        };
        var retryAfter = RetryAfter.Of(answer, _time) ?? (status == 429 ? PauseOfQuota : null);
        return new NotifyOutcome(result, status, $"it answered {status} {error.Code}".TrimEnd(), retryAfter);
    }

    private static bool IsUnauthorized(NotifyOutcome outcome) => outcome.Status == 401 && outcome.Result is NotifyResult.Failed;
}

/// <param name="Code">FCM's own code where there is one, otherwise the status of the error.</param>
/// <param name="NamesToken">The token is what is invalid.</param>
internal readonly record struct FcmError(string Code, bool NamesToken)
{
    public static FcmError Read(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var error = json.RootElement.GetProperty("error");
            var code = error.TryGetProperty("status", out var status) ? status.GetString() : "";
            var namesToken = false;
            if (error.TryGetProperty("details", out var details))
            {
                foreach (var detail in details.EnumerateArray())
                {
                    if (detail.TryGetProperty("errorCode", out var own))
                        code = own.GetString();
                    if (detail.TryGetProperty("fieldViolations", out var violations))
                        namesToken |= violations.EnumerateArray().Any(static violation => violation.TryGetProperty("field", out var field) && field.GetString() is "message.token");
                }
            }

            return new FcmError(PushServiceHttp.Word(code), namesToken);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            // Proxies in between answer with pages.
            return new FcmError("", false);
        }
    }
}
