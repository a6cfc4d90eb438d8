namespace PubSub.ServiceDefaults.Feeds;

/// <summary>
/// Feeds of one kind, as they are kept: bounded, and numbered without a hole, so that a reader sees by the numbers alone
/// whether some are no longer kept.
/// </summary>
/// <typeparam name="T">An entry. Watchers share it, so nobody changes one.</typeparam>
public interface IFeeds<T>
{
    /// <summary>Between two looks for new entries, for all watchers together.</summary>
    TimeSpan Poll { get; }

    /// <summary>The number of a feed's latest entry, 0 where there was none.</summary>
    Task<long> LastAsync(string feed);

    /// <summary>The next entries behind each place, oldest first.</summary>
    Task<IReadOnlyList<IReadOnlyList<T>>> ReadAsync(IReadOnlyList<FeedPlace> places);

    long NumberOf(T entry);

    /// <summary>A copy that says how many before it are no longer kept.</summary>
    T WithMissed(T entry, long missed);

    /// <summary>Whether a failure to read only means that the store is away: no entry is lost by that.</summary>
    bool IsAway(Exception failure);
}

/// <param name="Feed">Its name; empty where there is one feed of the kind.</param>
/// <param name="After">The last number that is known.</param>
public readonly record struct FeedPlace(string Feed, long After);
