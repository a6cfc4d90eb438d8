using System.Runtime.CompilerServices;
using PubSub.Protocol;
using PubSub.PushManager.Upstreams;

namespace PubSub.PushManager.Receipts;

/// <summary>The receipts of one feed for one watcher, from a number on and without end, page by page.</summary>
internal sealed class ReceiptWatch(ReceiptFeeds feeds, ReceiptTail tail, TimeProvider time)
{
    private static readonly TimeSpan WhileAway = TimeSpan.FromSeconds(1);

    public Task<long> LastAsync(string feed) => feeds.LastAsync(feed);

    /// <param name="feed">The feed.</param>
    /// <param name="after">The last number that the watcher has.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    public async IAsyncEnumerable<IReadOnlyList<Receipt>> PagesAsync(
        string feed, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Taken before the first read, so that nothing can come in between.
        using var seat = tail.Sit(feed, after);
        var isLevel = false;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var page = isLevel ? await seat.Next.WaitAsync(cancellationToken) : await TryReadAsync(feed, after);
            if (page is null)
            {
                await Task.Delay(WhileAway, time, cancellationToken);
                continue;
            }

            isLevel = isLevel ? seat.Follow() : page.Count == 0;
            if (Behind(page, after) is not { Count: > 0 } fresh)
                continue;
            yield return fresh;
            after = fresh[^1].Number;
        }
    }

    /// <summary>A page may be other watchers' too, so what only this one missed is written into a copy.</summary>
    private static List<Receipt> Behind(IReadOnlyList<Receipt> page, long after)
    {
        var fresh = page.Where(receipt => receipt.Number > after).ToList();

        // Whoever asks for the oldest that is kept (0) misses nothing it could know of.
        var missed = fresh.Count == 0 || after == 0 ? 0 : fresh[0].Number - after - 1;
        if (missed > 0)
        {
            fresh[0] = fresh[0].Clone();
            fresh[0].Missed = missed;
        }

        return fresh;
    }

    /// <summary>Null where Redis is away: no receipt is lost by that.</summary>
    private async Task<IReadOnlyList<Receipt>?> TryReadAsync(string feed, long after)
    {
        try
        {
            return await feeds.ReadAsync(feed, after);
        }
        catch (UpstreamAwayException)
        {
            return null;
        }
    }
}
