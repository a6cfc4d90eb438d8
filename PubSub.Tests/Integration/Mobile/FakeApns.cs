using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using PubSub.PushManager.Mobile;

namespace PubSub.Tests.Integration.Mobile;

/// <param name="Token">The device's, from the path.</param>
/// <param name="Provider">The JWT of the provider.</param>
/// <param name="Headers">Those that begin with apns.</param>
/// <param name="Body">The payload.</param>
/// <param name="Bytes">Its size.</param>
internal sealed record ApnsRequest(string Token, string Provider, IReadOnlyDictionary<string, string> Headers, JsonElement Body, int Bytes)
{
    public string? Text => Body.GetProperty("aps").TryGetProperty("alert", out var alert) ? alert.GetProperty("body").GetString() : null;
}

internal readonly record struct ApnsAnswer(int Status, string Reason = "", long? Timestamp = null, string? RetryAfter = null);

/// <summary>APNs as its documentation describes it: what a request must have, and how it is refused without.</summary>
internal sealed partial class FakeApns(TimeProvider time) : FakePushService
{
    public const string Topic = "com.example.talk";
    public const string KeyId = "ABC123DEFG";
    public const string TeamId = "DEF123GHIJ";

    private readonly ConcurrentDictionary<string, ECDsa> _keys = new() { [KeyId] = ECDsa.Create(ECCurve.NamedCurves.nistP256) };
    private readonly ConcurrentQueue<ApnsRequest> _requests = new();

    public string KeyPem => _keys[KeyId].ExportPkcs8PrivateKeyPem();

    /// <summary>A further key of the team: its text.</summary>
    public string AddKey(string id) => _keys.GetOrAdd(id, static _ => ECDsa.Create(ECCurve.NamedCurves.nistP256)).ExportPkcs8PrivateKeyPem();

    public void RevokeKey(string id) => _keys.TryRemove(id, out _);

    /// <summary>The id of the key that a request was signed with.</summary>
    public static string? KeyOf(ApnsRequest request) => ReadToken(request.Provider).Header.GetProperty("kid").GetString();

    public IReadOnlyList<ApnsRequest> Requests => [.. _requests];

    /// <summary>Null: as APNs would.</summary>
    public Func<ApnsRequest, ApnsAnswer?> Script { get; set; } = static _ => null;

    public ApnsOptions Options => new() { Topic = Topic, Key = KeyPem, KeyId = KeyId, TeamId = TeamId, Url = Url };

    public string[] Settings =>
        [$"--APNS_TOPIC={Topic}", $"--APNS_KEY={KeyPem}", $"--APNS_KEY_ID={KeyId}", $"--APNS_TEAM_ID={TeamId}", $"--APNS_URL={Url}"];

    public static async Task<FakeApns> StartAsync(TimeProvider? time = null, X509Certificate2? certificate = null)
    {
        var apns = new FakeApns(time ?? TimeProvider.System);
        await apns.StartAsync(certificate);
        return apns;
    }

    protected override async Task AnswerAsync(HttpContext http, byte[] body)
    {
        var path = DevicePath().Match(http.Request.Path);
        if (http.Request.Method != "POST" || !path.Success)
        {
            Complain($"{http.Request.Method} to a path that is no device's");
            await WriteAsync(http, 404, """{"reason":"BadPath"}""");
            return;
        }

        var headers = http.Request.Headers;
        var request = new ApnsRequest(
            path.Groups[1].Value, Strip(headers.Authorization.ToString()),
            headers.Where(header => header.Key.StartsWith("apns-", StringComparison.Ordinal)).ToDictionary(header => header.Key, header => header.Value.ToString()),
            JsonDocument.Parse(body).RootElement, body.Length);
        _requests.Enqueue(request);
        await Gate;

        var answer = Script(request) ?? Judge(request);
        http.Response.Headers["apns-id"] = request.Headers.GetValueOrDefault("apns-id");
        if (answer.RetryAfter is { } later)
            http.Response.Headers.RetryAfter = later;
        http.Response.StatusCode = answer.Status;
        if (answer.Status != 200)
        {
            var since = answer.Timestamp is { } at ? $",\"timestamp\":{at}" : "";
            await WriteAsync(http, answer.Status, $"{{\"reason\":\"{answer.Reason}\"{since}}}");
        }
    }

    private ApnsAnswer Judge(ApnsRequest request)
    {
        var answer = request switch
        {
            { Bytes: > 4096 } => new ApnsAnswer(413, "PayloadTooLarge"),
            _ when !IsSigned(request.Provider) => new ApnsAnswer(403, "InvalidProviderToken"),
            _ when AgeOf(request.Provider) > TimeSpan.FromHours(1) => new ApnsAnswer(403, "ExpiredProviderToken"),
            _ when Header(request, "apns-topic") != Topic => new ApnsAnswer(400, "BadTopic"),
            _ when Header(request, "apns-push-type") is not ("alert" or "background") => new ApnsAnswer(400, "InvalidPushType"),
            _ when Header(request, "apns-priority") is not ("5" or "10") => new ApnsAnswer(400, "BadPriority"),
            _ when Header(request, "apns-push-type") == "background" && Header(request, "apns-priority") != "5" => new ApnsAnswer(400, "BadPriority"),
            _ when !long.TryParse(Header(request, "apns-expiration"), NumberStyles.None, CultureInfo.InvariantCulture, out _) => new ApnsAnswer(400, "BadExpirationDate"),
            _ when !Guid.TryParseExact(Header(request, "apns-id"), "D", out _) => new ApnsAnswer(400, "BadMessageId"),
            _ when Header(request, "apns-collapse-id") is { Length: > 64 } => new ApnsAnswer(400, "BadCollapseId"),
            _ => new ApnsAnswer(200),
        };
        if (answer.Status != 200)
            Complain(answer.Reason);
        return answer;
    }

    private bool IsSigned(string token)
    {
        var (header, claims, signed, signature) = ReadToken(token);
        return header.GetProperty("alg").GetString() == "ES256" && _keys.TryGetValue(header.GetProperty("kid").GetString()!, out var key)
            && claims.GetProperty("iss").GetString() == TeamId && AgeOf(token) >= TimeSpan.Zero
            && key.VerifyData(signed, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    private TimeSpan AgeOf(string token) =>
        time.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(ReadToken(token).Claims.GetProperty("iat").GetInt64());

    private static string? Header(ApnsRequest request, string name) => request.Headers.GetValueOrDefault(name);

    private static string Strip(string authorization) =>
        authorization.StartsWith("bearer ", StringComparison.OrdinalIgnoreCase) ? authorization["bearer ".Length..] : "";

    [GeneratedRegex("^/3/device/([0-9a-fA-F]+)$")]
    private static partial Regex DevicePath();
}
