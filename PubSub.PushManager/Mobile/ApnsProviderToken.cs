namespace PubSub.PushManager.Mobile;

/// <summary>
/// The JWT that APNs knows us by. It takes one for an hour, and answers with errors where a provider changes it more often
/// than every 20 minutes; so one is used for 40 minutes, and after a refusal there is one new one in 20 minutes at most.
/// </summary>
internal sealed class ApnsProviderToken(RotatedKey<ApnsKey> keys, string teamId, TimeProvider time)
{
    private static readonly TimeSpan Age = TimeSpan.FromMinutes(40);
    private static readonly TimeSpan BetweenRenewals = TimeSpan.FromMinutes(20);

    private readonly Lock _lock = new();
    private ApnsKey? _key;
    private string? _token;
    private DateTimeOffset _made;
    private DateTimeOffset _renewed = DateTimeOffset.MinValue;

    public string Current()
    {
        lock (_lock)
        {
            // A clock that was set back makes a token that Apple sees as from the future.
            var age = time.GetUtcNow() - _made;
            if (_token is null || age >= Age || age < TimeSpan.Zero || !keys.Current.Equals(_key))
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

    /// <summary>The next one after APNs did not know us by this one: the same again unless there is another key.</summary>
    public string AfterUnknown(string refused)
    {
        lock (_lock)
        {
            if (_token == refused && keys.IsReplaced(_key!))
                Make();
            return _token!;
        }
    }

    private void Make()
    {
        _made = time.GetUtcNow();
        var key = _key = keys.Current;
        _token = JsonWebToken.Sign(
            new Dictionary<string, string> { ["alg"] = "ES256", ["kid"] = key.Id },
            new Dictionary<string, object> { ["iss"] = teamId, ["iat"] = _made.ToUnixTimeSeconds() },
            key.Sign);
    }
}
