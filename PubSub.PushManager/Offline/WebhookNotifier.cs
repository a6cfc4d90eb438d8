using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Microsoft.Extensions.Options;
using PubSub.Protocol;

namespace PubSub.PushManager.Offline;

/// <summary>
/// POSTs the message as JSON. <c>Idempotency-Key</c> is the message id, the same in each try. <c>X-PubSub-Signature</c>
/// is <c>t={unix seconds},v1={hex of HMAC-SHA256 over "t.body"}</c> under the secret, so that the receiver can tell our
/// calls from others', and old ones from new ones.
/// </summary>
internal sealed class WebhookNotifier(IOptions<OfflineOptions> options, TimeProvider time) : IOfflineNotifier, IDisposable
{
    private static readonly JsonFormatter Json = new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true));

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5), // A new address in DNS is noticed.
    });

    private readonly byte[] _secret = Encoding.UTF8.GetBytes(options.Value.WebhookSecret);

    public async Task<NotifyResult> NotifyAsync(string userId, ChannelMessage message, CancellationToken cancellationToken)
    {
        var body = Encoding.UTF8.GetBytes(Json.Format(new OfflineNotification { UserId = userId, Message = message }));
        using var request = new HttpRequestMessage(HttpMethod.Post, options.Value.WebhookUrl) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("Idempotency-Key", Uri.EscapeDataString(message.MessageId));
        request.Headers.Add("X-PubSub-Signature", Sign(time.GetUtcNow().ToUnixTimeSeconds(), body));
        using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return answer.StatusCode switch
        {
            >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices => NotifyResult.Sent,
            HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError => NotifyResult.Failed,
            _ => NotifyResult.Refused,
        };
    }

    public void Dispose() => _http.Dispose();

    private string Sign(long seconds, byte[] body)
    {
        var stamp = seconds.ToString(CultureInfo.InvariantCulture);
        byte[] signed = [.. Encoding.UTF8.GetBytes(stamp + "."), .. body];
        return $"t={stamp},v1={Convert.ToHexStringLower(HMACSHA256.HashData(_secret, signed))}";
    }
}
