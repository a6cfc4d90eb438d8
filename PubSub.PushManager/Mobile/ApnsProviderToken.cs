using System.Security.Cryptography;

namespace PubSub.PushManager.Mobile;

/// <summary>
/// The JWT that APNs knows us by. It takes one for an hour, and answers with errors where a provider changes it more often
/// than every 20 minutes; so one is used for 40 minutes, and after a refusal there is one new one in 20 minutes at most.
/// </summary>
internal sealed class ApnsProviderToken(ApnsOptions options, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Age = TimeSpan.FromMinutes(40);
    private static readonly TimeSpan BetweenRenewals = TimeSpan.FromMinutes(20);

    private readonly ECDsa _key = options.LoadKey();
    private readonly Lock _lock = new();
    private string? _token;
    private DateTimeOffset _made;
    private DateTimeOffset _renewed = DateTimeOffset.MinValue;

    public string Current()
    {
        lock (_lock)
        {
            // A clock that was set back makes a token that Apple sees as from the future.
            var age = time.GetUtcNow() - _made;
            if (_token is null || age >= Age || age < TimeSpan.Zero)
                Make();
            return _token!;
        }
    }

    /// <summary>The next one after APNs called this one expired: the same again where there may be no new one yet.</summary>
    public string After(string refused)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (_token != refused || now - _renewed < BetweenRenewals)
                return _token!;
            _renewed = now;
            Make();
            return _token!;
        }
    }

    public void Dispose() => _key.Dispose();

    private void Make()
    {
        _made = time.GetUtcNow();
        _token = JsonWebToken.Sign(
            new Dictionary<string, string> { ["alg"] = "ES256", ["kid"] = options.KeyId },
            new Dictionary<string, object> { ["iss"] = options.TeamId, ["iat"] = _made.ToUnixTimeSeconds() },
            bytes => _key.SignData(bytes, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
    }
}
