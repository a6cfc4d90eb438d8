namespace PubSub.Client;

/// <summary>
/// How long to wait before the next attempt: what the node asked for, and on top of it any time between nothing and a
/// ceiling that doubles with each attempt (full jitter), so that the clients of a dead node do not come back at once.
/// </summary>
public sealed class ReconnectPolicy
{
    private readonly Random _random;

    /// <param name="firstCeiling">The ceiling of the first pause; 250 ms unless given.</param>
    /// <param name="longestCeiling">No ceiling is higher; 10 s unless given.</param>
    /// <param name="random">The source of chance.</param>
    public ReconnectPolicy(TimeSpan? firstCeiling = null, TimeSpan? longestCeiling = null, Random? random = null)
    {
        FirstCeiling = firstCeiling ?? TimeSpan.FromMilliseconds(250);
        LongestCeiling = longestCeiling ?? TimeSpan.FromSeconds(10);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(FirstCeiling, TimeSpan.Zero, nameof(firstCeiling));
        ArgumentOutOfRangeException.ThrowIfLessThan(LongestCeiling, FirstCeiling, nameof(longestCeiling));
        _random = random ?? Random.Shared;
    }

    /// <summary>The ceiling of the first pause.</summary>
    public TimeSpan FirstCeiling { get; }

    /// <summary>No ceiling is higher.</summary>
    public TimeSpan LongestCeiling { get; }

    /// <summary>A connection that held this long was a good one: the count of attempts begins anew after it.</summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromSeconds(5);

    internal TimeSpan Pause(int attempt, TimeSpan advised)
    {
        var ceiling = Math.Min(LongestCeiling.TotalMilliseconds, FirstCeiling.TotalMilliseconds * Math.Pow(2, Math.Min(attempt, 30)));
        return advised + TimeSpan.FromMilliseconds(_random.NextDouble() * ceiling);
    }

    /// <summary>Where to begin among the nodes: anywhere, so that clients spread over them.</summary>
    internal int AnyOf(int count) => _random.Next(count);
}
