using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace PubSub.ServiceDefaults.Feeds;

/// <summary>
/// Hands a feed to one watcher, from a number on and without end. Any process gives the same entries with the same numbers,
/// so a watcher goes on at another one. A store that is away is waited for: no entry is lost by it. Any other
/// failure to read the feed ends the watch with it.
/// </summary>
public sealed class FeedWatch<T>(IFeeds<T> feeds, TimeProvider time, ILogger<FeedWatch<T>> logger)
{
    private readonly FeedTail<T> _tail = new(feeds, time, logger);

    /// <param name="feed">The feed.</param>
    /// <param name="after">The last number that the watcher has; nothing for what comes from now on.</param>
    /// <param name="readyAsync">Called once with the number behind which every entry is certain to be seen.</param>
    /// <param name="tellAsync">Called with each entry.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    public async Task RunAsync(
        string feed, long? after, Func<long, Task> readyAsync, Func<T, Task> tellAsync, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(readyAsync);
        ArgumentNullException.ThrowIfNull(tellAsync);
        var last = after ?? await feeds.LastAsync(feed);
        await readyAsync(last);
        await foreach (var page in PagesAsync(feed, last, cancellationToken))
        {
            foreach (var entry in page)
                await tellAsync(entry);
        }
    }

    /// <param name="feed">The feed.</param>
    /// <param name="after">The last number that the watcher has.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    public async IAsyncEnumerable<IReadOnlyList<T>> PagesAsync(
        string feed, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Taken before the first read, so that nothing can come in between.
        using var seat = _tail.Sit(feed, after);
        var isLevel = false;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var page = isLevel ? await seat.Next.WaitAsync(cancellationToken) : await TryReadAsync(feed, after);
            if (page is null)
            {
                await Task.Delay(FeedTail<T>.WhileAway, time, cancellationToken);
                continue;
            }

            isLevel = isLevel ? seat.Follow() : page.Count == 0;
            if (Behind(page, after) is not { Count: > 0 } fresh)
                continue;
            yield return fresh;
            after = feeds.NumberOf(fresh[^1]);
        }
    }

    /// <summary>A page may be other watchers' too, so what only this one missed is written into copies.</summary>
    private List<T> Behind(IReadOnlyList<T> page, long after)
    {
        var fresh = new List<T>(page.Count);
        foreach (var entry in page)
        {
            var number = feeds.NumberOf(entry);
            if (number <= after)
                continue;

            // Whoever asks for the oldest that is kept (0) misses nothing it could know of.
            var missed = after == 0 ? 0 : number - after - 1;
            fresh.Add(missed == 0 ? entry : feeds.WithMissed(entry, missed));
            after = number;
        }

        return fresh;
    }

    /// <summary>Null where the store is away.</summary>
    private async Task<IReadOnlyList<T>?> TryReadAsync(string feed, long after)
    {
        try
        {
            return (await feeds.ReadAsync([new FeedPlace(feed, after)]))[0];
        }
        catch (Exception failure) when (feeds.IsAway(failure))
        {
            return null;
        }
    }
}
