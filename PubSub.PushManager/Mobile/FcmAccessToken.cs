using System.Security.Cryptography;
using System.Text.Json;

namespace PubSub.PushManager.Mobile;

/// <summary>
/// The access token that FCM knows us by: Google gives it for a JWT that the service account signed. One is used until
/// shortly before its end, by all; while it is fetched, all wait for the one that fetches.
/// </summary>
internal sealed class FcmAccessToken(RotatedKey<ServiceAccount> accounts, HttpClient http, TimeProvider time) : IDisposable
{
    private const string Scope = "https://www.googleapis.com/auth/firebase.messaging";
    private const string Grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";

    private static readonly TimeSpan Early = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan JwtAge = TimeSpan.FromHours(1);

    private readonly SemaphoreSlim _fetching = new(1, 1);
    private volatile Held? _held;

    /// <param name="refused">One that FCM did not take: another is fetched, unless somebody did already.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<AccessTokenAnswer> GetAsync(string? refused, CancellationToken cancellationToken)
    {
        if (Usable(refused) is { } held)
            return held.Answer;
        await _fetching.WaitAsync(cancellationToken);
        try
        {
            if (Usable(refused) is { } fetched)
                return fetched.Answer;
            var account = accounts.Current;
            if (refused is not null && accounts.IsReplaced(account))
                account = accounts.Current;
            var answer = await FetchAsync(account, cancellationToken);
            return answer.Token is null && accounts.IsReplaced(account) ? await FetchAsync(accounts.Current, cancellationToken) : answer;
        }
        finally
        {
            _fetching.Release();
        }
    }

    public void Dispose() => _fetching.Dispose();

    private Held? Usable(string? refused) =>
        _held is { } held && held.Token != refused && time.GetUtcNow() < held.Until && held.Account.Equals(accounts.Current) ? held : null;

    private async Task<AccessTokenAnswer> FetchAsync(ServiceAccount account, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, account.TokenUri)
        {
            Version = http.DefaultRequestVersion,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new FormUrlEncodedContent([new("grant_type", Grant), new("assertion", Assertion(account))]),
        };
        using var answer = await http.SendAsync(request, cancellationToken);
        var body = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
        var status = (int)answer.StatusCode;
        try
        {
            using var json = JsonDocument.Parse(body);
            if (!answer.IsSuccessStatusCode)
            {
                var error = json.RootElement.TryGetProperty("error", out var word) && word.ValueKind is JsonValueKind.String ? word.GetString() : "";
                return new AccessTokenAnswer(null, status, $"the exchange for an access token answered {status} {PushServiceHttp.Word(error)}".TrimEnd());
            }

            var token = json.RootElement.GetProperty("access_token").GetString()!;
            var age = TimeSpan.FromSeconds(json.RootElement.GetProperty("expires_in").GetInt64());
            _held = new Held(token, account, time.GetUtcNow() + (age > 2 * Early ? age - Early : age / 2));
            return _held.Answer;
        }
        catch (Exception wrong) when (wrong is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return new AccessTokenAnswer(null, status, $"the exchange for an access token answered {status} without a token");
        }
    }

    private string Assertion(ServiceAccount account)
    {
        using var key = account.LoadKey();
        var now = time.GetUtcNow();
        return JsonWebToken.Sign(
            new Dictionary<string, string> { ["alg"] = "RS256", ["typ"] = "JWT", ["kid"] = account.PrivateKeyId },
            new Dictionary<string, object>
            {
                ["iss"] = account.ClientEmail,
                ["scope"] = Scope,
                ["aud"] = account.TokenUri.OriginalString,
                ["iat"] = now.ToUnixTimeSeconds(),
                ["exp"] = (now + JwtAge).ToUnixTimeSeconds(),
            },
            bytes => key.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    private sealed record Held(string Token, ServiceAccount Account, DateTimeOffset Until)
    {
        public AccessTokenAnswer Answer => new(Token, 0, "", Account.ProjectId);
    }
}

/// <param name="Token">Null where there is none.</param>
/// <param name="Status">The HTTP status of the refusal.</param>
/// <param name="Why">There is none.</param>
/// <param name="ProjectId">The account's.</param>
internal readonly record struct AccessTokenAnswer(string? Token, int Status, string Why, string ProjectId = "");
