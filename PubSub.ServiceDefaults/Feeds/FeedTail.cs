using Microsoft.Extensions.Logging;

namespace PubSub.ServiceDefaults.Feeds;

/// <summary>
/// Looks for new entries on behalf of all watchers: one look for all feeds of the kind, and none while nobody watches.
/// A feed that cannot be read is told to its watchers, and costs those of other feeds nothing.
/// </summary>
internal sealed partial class FeedTail<T>(IFeeds<T> feeds, TimeProvider time, ILogger logger)
{
    public static readonly TimeSpan WhileAway = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, WatchedFeed<T>> _watched = new(StringComparer.Ordinal);
    private bool _isRunning;

    /// <summary>A seat at the end of a feed, to be given back. What is found from now on is told to it.</summary>
    /// <param name="feed">The feed.</param>
    /// <param name="after">The last number that the watcher has.</param>
    public TailSeat<T> Sit(string feed, long after)
    {
        lock (_lock)
        {
            if (!_watched.TryGetValue(feed, out var watched))
                _watched[feed] = watched = new WatchedFeed<T>(after);
            watched.Seats++;
            if (!_isRunning)
            {
                _isRunning = true;
                _ = Task.Run(RunAsync);
            }

            return new TailSeat<T>(_lock, watched);
        }
    }

    private async Task RunAsync()
    {
        while (TakeWatched() is { Count: > 0 } watched)
        {
            try
            {
                if (!await LookAsync(watched))
                    await Task.Delay(feeds.Poll, time);
            }
            catch (Exception failure) when (feeds.IsAway(failure))
            {
                await Task.Delay(WhileAway, time);
            }
        }
    }

    /// <summary>Whether there was something new.</summary>
    private async Task<bool> LookAsync(List<KeyValuePair<string, WatchedFeed<T>>> watched)
    {
        var isNew = false;
        try
        {
            var pages = await feeds.ReadAsync([.. watched.Select(feed => new FeedPlace(feed.Key, feed.Value.At))]);
            foreach (var (one, page) in watched.Zip(pages))
                isNew |= HandOut(one.Value, page);
            return isNew;
        }
        catch (Exception failure) when (!feeds.IsAway(failure))
        {
            if (watched is [var (feed, unread)])
            {
                GiveUp(feed, unread, failure);
                return false;
            }
        }

        // Which of them it is, only a look at each alone tells.
        foreach (var one in watched)
            isNew |= await LookAsync([one]);
        return isNew;
    }

    private void GiveUp(string feed, WatchedFeed<T> unread, Exception failure)
    {
        int watchers;
        lock (_lock)
        {
            // Whoever comes from now on begins anew.
            _watched.Remove(feed);
            watchers = unread.Seats;
        }

        LogUnread(logger, failure, feed, watchers);
        unread.Next.SetException(failure);

        // Those who are behind may never come to see it.
        _ = unread.Next.Task.Exception;
    }

    private List<KeyValuePair<string, WatchedFeed<T>>> TakeWatched()
    {
        lock (_lock)
        {
            foreach (var (feed, watched) in _watched)
            {
                if (watched.Seats == 0)
                    _watched.Remove(feed);
            }

            _isRunning = _watched.Count > 0;
            return [.. _watched];
        }
    }

    private bool HandOut(WatchedFeed<T> watched, IReadOnlyList<T> page)
    {
        if (page.Count == 0)
            return false;
        TaskCompletionSource<IReadOnlyList<T>> next;
        lock (_lock)
        {
            watched.At = feeds.NumberOf(page[^1]);
            next = watched.Next;
            watched.Last = next.Task;
            watched.Next = WatchedFeed<T>.NewNext();
        }

        next.SetResult(page);
        return true;
    }
}

/// <summary>One feed that somebody watches.</summary>
internal sealed class WatchedFeed<T>(long at)
{
    /// <summary>The last number that was handed out.</summary>
    public long At { get; set; } = at;

    public int Seats { get; set; }

    public Task<IReadOnlyList<T>>? Last { get; set; }

    public TaskCompletionSource<IReadOnlyList<T>> Next { get; set; } = NewNext();

    public static TaskCompletionSource<IReadOnlyList<T>> NewNext() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>A watcher's place at the end of a feed. It keeps one page at most, however slow the watcher is.</summary>
internal sealed class TailSeat<T>(Lock tail, WatchedFeed<T> watched) : IDisposable
{
    /// <summary>What was found first since the seat was taken or <see cref="Follow"/> was called.</summary>
    public Task<IReadOnlyList<T>> Next { get; private set; } = watched.Next.Task;

    /// <summary>Turns to what is found from now on. False: there was more since, and the watcher has to read it.</summary>
    public bool Follow()
    {
        lock (tail)
        {
            var isLevel = watched.Last == Next;
            Next = watched.Next.Task;
            return isLevel;
        }
    }

    public void Dispose()
    {
        lock (tail)
            watched.Seats--;
    }
}
