namespace PubSub.Client.Publishing;

/// <summary>How long to wait before each of a row of attempts: twice as long each time, up to a bound.</summary>
internal sealed class RetryPause(PushPublisherOptions options)
{
    private TimeSpan _next = options.FirstPause;

    public TimeSpan Next()
    {
        // Half of it is chance: publishers that failed together must not come back together.
        var pause = _next * (0.5 + (Random.Shared.NextDouble() / 2));
        _next = _next * 2 < options.LongestPause ? _next * 2 : options.LongestPause;
        return pause;
    }

    /// <summary>It went well; the next attempt begins another row.</summary>
    public void Reset() => _next = options.FirstPause;
}
