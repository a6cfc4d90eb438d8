using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using PubSub.PushManager.Mobile;

namespace PubSub.Tests.Integration.Mobile;

/// <param name="Token">The device's.</param>
/// <param name="Access">The access token.</param>
/// <param name="Message">The message of the body.</param>
/// <param name="Bytes">The size of the body.</param>
internal sealed record FcmRequest(string Token, string Access, JsonElement Message, int Bytes)
{
    public string? Text => Message.TryGetProperty("notification", out var shown) ? shown.GetProperty("body").GetString() : null;

    public string? Data(string key) => Message.GetProperty("data").TryGetProperty(key, out var value) ? value.GetString() : null;
}

/// <param name="Status">Of HTTP.</param>
/// <param name="Code">FCM's own.</param>
/// <param name="Field">What is invalid.</param>
/// <param name="RetryAfter">The header.</param>
internal readonly record struct FcmAnswer(int Status, string Code = "", string? Field = null, string? RetryAfter = null);

/// <summary>FCM HTTP v1 and the token exchange before it.</summary>
internal sealed class FakeFcm(TimeProvider time) : FakePushService
{
    public const string Project = "talk-1";

    private const string Account = "sender@talk-1.iam.gserviceaccount.com";

    private static readonly string[] Known = ["token", "notification", "data", "android", "apns"];

    private string _keyId = "key-of-google";
    private RSA _key = RSA.Create(2048);
    private readonly ConcurrentQueue<FcmRequest> _requests = new();
    private readonly ConcurrentDictionary<string, DateTimeOffset> _access = new();
    private int _exchanges;

    public IReadOnlyList<FcmRequest> Requests => [.. _requests];

    public int Exchanges => Volatile.Read(ref _exchanges);

    /// <summary>Null: as FCM would.</summary>
    public Func<FcmRequest, FcmAnswer?> Script { get; set; } = static _ => null;

    /// <summary>What the token exchange refuses with; null: nothing.</summary>
    public string? ExchangeError { get; set; }

    public string Credentials => JsonSerializer.Serialize(new Dictionary<string, string>
    {
        ["type"] = "service_account",
        ["project_id"] = Project,
        ["private_key_id"] = _keyId,
        ["private_key"] = _key.ExportPkcs8PrivateKeyPem(),
        ["client_email"] = Account,
        ["token_uri"] = $"{Url}/token",
    });

    public FcmOptions Options => new() { Credentials = Credentials, Url = Url };

    public string[] Settings => [$"--FCM_CREDENTIALS={Credentials}", $"--FCM_URL={Url}"];

    public static async Task<FakeFcm> StartAsync(TimeProvider? time = null, X509Certificate2? certificate = null)
    {
        var fcm = new FakeFcm(time ?? TimeProvider.System);
        await fcm.StartAsync(certificate);
        return fcm;
    }

    /// <summary>The account has another key from now on, and <see cref="Credentials"/> are others.</summary>
    public void ReplaceKey(string id) => (_keyId, _key) = (id, RSA.Create(2048));

    /// <summary>Access tokens that were given are good no more.</summary>
    public void RevokeAll() => _access.Clear();

    protected override Task AnswerAsync(HttpContext http, byte[] body) => http.Request.Path.Value switch
    {
        "/token" => ExchangeAsync(http, Encoding.UTF8.GetString(body)),
        $"/v1/projects/{Project}/messages:send" => SendAsync(http, body),
        _ => NotFoundAsync(http),
    };

    private Task NotFoundAsync(HttpContext http)
    {
        Complain($"unknown path {http.Request.Path}");
        return WriteAsync(http, 404, "{}");
    }

    private Task ExchangeAsync(HttpContext http, string form)
    {
        var number = Interlocked.Increment(ref _exchanges);
        if (ExchangeError is { } error)
            return WriteAsync(http, 400, $"{{\"error\":\"{error}\",\"error_description\":\"x\"}}");

        var fields = QueryHelpers.ParseQuery(form);
        if (fields["grant_type"] != "urn:ietf:params:oauth:grant-type:jwt-bearer" || !IsAssertion(fields["assertion"].ToString()))
        {
            Complain("the assertion is not as Google wants it");
            return WriteAsync(http, 400, """{"error":"invalid_grant"}""");
        }

        var token = $"access-{number}";
        _access[token] = time.GetUtcNow().AddHours(1);
        return WriteAsync(http, 200, $"{{\"access_token\":\"{token}\",\"expires_in\":3600,\"token_type\":\"Bearer\"}}");
    }

    private bool IsAssertion(string assertion)
    {
        var (header, claims, signed, signature) = ReadToken(assertion);
        var (from, until) = (claims.GetProperty("iat").GetInt64(), claims.GetProperty("exp").GetInt64());
        return header.GetProperty("alg").GetString() == "RS256" && header.GetProperty("kid").GetString() == _keyId
            && claims.GetProperty("iss").GetString() == Account && claims.GetProperty("aud").GetString() == $"{Url}/token"
            && claims.GetProperty("scope").GetString() == "https://www.googleapis.com/auth/firebase.messaging"
            && until - from is > 0 and <= 3600 && from <= time.GetUtcNow().ToUnixTimeSeconds()
            && _key.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }

    private async Task SendAsync(HttpContext http, byte[] body)
    {
        var message = JsonDocument.Parse(body).RootElement.GetProperty("message");
        var access = http.Request.Headers.Authorization.ToString();
        var request = new FcmRequest(
            message.GetProperty("token").GetString()!, access.StartsWith("Bearer ", StringComparison.Ordinal) ? access["Bearer ".Length..] : "",
            message, body.Length);
        _requests.Enqueue(request);
        await Gate;

        var answer = Script(request) ?? Judge(http, request);
        if (answer.RetryAfter is { } later)
            http.Response.Headers.RetryAfter = later;
        await WriteAsync(http, answer.Status, answer.Status == 200
            ? $"{{\"name\":\"projects/{Project}/messages/1\"}}"
            : ErrorOf(answer));
    }

    private FcmAnswer Judge(HttpContext http, FcmRequest request)
    {
        if (!_access.TryGetValue(request.Access, out var until) || time.GetUtcNow() >= until)
            return new FcmAnswer(401, "UNAUTHENTICATED");

        var fault = request.Message switch
        {
            _ when http.Request.ContentType?.StartsWith("application/json", StringComparison.Ordinal) is not true => "content type",
            var message when message.EnumerateObject().Any(field => !Known.Contains(field.Name)) => "an unknown field",
            var message when message.GetProperty("data").EnumerateObject().Any(static entry => entry.Value.ValueKind is not JsonValueKind.String) => "data that is not text",
            var message when message.GetProperty("data").EnumerateObject().Any(static entry => IsReserved(entry.Name)) => "a reserved key",
            var message when !message.GetProperty("android").GetProperty("ttl").GetString()!.EndsWith('s') => "ttl",
            var message when message.GetProperty("android").GetProperty("priority").GetString() is not ("HIGH" or "NORMAL") => "priority",
            _ when request.Bytes - request.Token.Length > 4096 => "too large",
            _ => null,
        };
        if (fault is null)
            return new FcmAnswer(200);
        Complain(fault);
        return new FcmAnswer(400, "INVALID_ARGUMENT", fault);
    }

    private static bool IsReserved(string key) =>
        key is "from" or "message_type" || key.StartsWith("google", StringComparison.Ordinal) || key.StartsWith("gcm", StringComparison.Ordinal);

    private static string ErrorOf(FcmAnswer answer)
    {
        var details = new List<object>();
        if (answer.Code is not "UNAUTHENTICATED")
            details.Add(new Dictionary<string, object> { ["@type"] = "type.googleapis.com/google.firebase.fcm.v1.FcmError", ["errorCode"] = answer.Code });
        if (answer.Field is { } field)
            details.Add(new Dictionary<string, object> { ["@type"] = "type.googleapis.com/google.rpc.BadRequest", ["fieldViolations"] = new[] { new { field } } });
        return JsonSerializer.Serialize(new { error = new { code = answer.Status, message = "x", status = answer.Code is "UNREGISTERED" ? "NOT_FOUND" : answer.Code, details } });
    }
}
