using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;

namespace PubSub.PushManager.Webhooks;

/// <summary>
/// POSTs messages as JSON to one address. <c>Idempotency-Key</c> is the same in each try. <c>X-PubSub-Signature</c> is
/// <c>t={unix seconds},v1={hex of HMAC-SHA256 over "t.body"}</c> under the secret, so that the receiver can tell our
/// calls from others', and old ones from new ones.
/// </summary>
internal sealed class SignedWebhook(string url, string secret, TimeProvider time) : IDisposable
{
    private static readonly JsonFormatter Json = new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true));

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5), // A new address in DNS is noticed.
    });

    private readonly byte[] _secret = Encoding.UTF8.GetBytes(secret);

    /// <summary>What is wrong with the settings of a webhook; nothing where it is off.</summary>
    public static IEnumerable<string> Faults(string urlName, string url, string secretName, string secret)
    {
        if (url.Length == 0)
            yield break;
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            yield return $"{urlName} = '{url}' is not an http or https address.";
        if (secret.Length < 16)
            yield return $"{secretName} has fewer than 16 characters: give a longer one, which the receiver checks signatures with.";
    }

    /// <summary>One try. An exception of the network is a failure that may be tried again.</summary>
    public async Task<NotifyOutcome> PostAsync(string key, IMessage message, CancellationToken cancellationToken)
    {
        var body = Encoding.UTF8.GetBytes(Json.Format(message));
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("Idempotency-Key", Uri.EscapeDataString(key));
        request.Headers.Add("X-PubSub-Signature", Sign(time.GetUtcNow().ToUnixTimeSeconds(), body));
        using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        var result = answer.StatusCode switch
        {
            >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices => NotifyResult.Sent,
            HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError => NotifyResult.Failed,
            _ => NotifyResult.Refused,
        };
        var status = (int)answer.StatusCode;
        return new NotifyOutcome(result, status, $"it answered {status}", RetryAfter.Of(answer, time));
    }

    public void Dispose() => _http.Dispose();

    private string Sign(long seconds, byte[] body)
    {
        var stamp = seconds.ToString(CultureInfo.InvariantCulture);
        byte[] signed = [.. Encoding.UTF8.GetBytes(stamp + "."), .. body];
        return $"t={stamp},v1={Convert.ToHexStringLower(HMACSHA256.HashData(_secret, signed))}";
    }
}
