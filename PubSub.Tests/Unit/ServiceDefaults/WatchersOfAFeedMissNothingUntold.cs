using PubSub.ServiceDefaults.Feeds;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Unit.ServiceDefaults;

public sealed class WatchersOfAFeedMissNothingUntold
{
    [Fact]
    public async Task Whoever_comes_back_is_told_of_every_hole_and_whoever_asks_for_the_oldest_of_those_behind_it()
    {
        var watch = new FeedWatch<Entry>(new KeptFeeds([3, 4, 7, 12]), TimeProvider.System);

        Assert.Equal([new(3, 1), new(4), new(7, 2), new(12, 4)], await TakeAsync(watch, after: 1, count: 4));
        Assert.Equal([new(3), new(4), new(7, 2), new(12, 4)], await TakeAsync(watch, after: 0, count: 4));
        Assert.Equal([new(7, 2), new(12, 4)], await TakeAsync(watch, after: 4, count: 2));
    }

    [Fact]
    public async Task A_store_that_is_away_is_waited_for()
    {
        var time = new ManualTime();
        var feeds = new KeptFeeds([1, 2]) { IsGone = true };
        var told = TakeAsync(new FeedWatch<Entry>(feeds, time), after: 0, count: 2);
        await Wait.UntilAsync(() => feeds.Looks >= 2, "looks of the watcher and of the tail");
        feeds.IsGone = false;

        Assert.False(told.IsCompleted);
        await Wait.UntilAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return told.IsCompleted;
            },
            "the entries");

        Assert.Equal([new(1), new(2)], await told);
    }

    private static async Task<List<Entry>> TakeAsync(FeedWatch<Entry> watch, long after, int count)
    {
        using var enough = new CancellationTokenSource();
        var told = new List<Entry>();
        await Wait.ForAsync(
            Assert.ThrowsAnyAsync<OperationCanceledException>(() => watch.RunAsync(
                "f", after, _ => Task.CompletedTask,
                entry =>
                {
                    told.Add(entry);
                    return told.Count == count ? enough.CancelAsync() : Task.CompletedTask;
                },
                enough.Token)),
            $"{count} entries");
        return told;
    }

    private sealed record Entry(long Number, long Missed = 0);

    private sealed class KeptFeeds(long[] numbers) : IFeeds<Entry>
    {
        private int _looks;

        public volatile bool IsGone;

        public int Looks => Volatile.Read(ref _looks);

        public TimeSpan Poll => TimeSpan.FromMilliseconds(20);

        public Task<long> LastAsync(string feed) => Task.FromResult(numbers[^1]);

        public Task<IReadOnlyList<IReadOnlyList<Entry>>> ReadAsync(IReadOnlyList<FeedPlace> places)
        {
            Interlocked.Increment(ref _looks);
            return IsGone
                ? Task.FromException<IReadOnlyList<IReadOnlyList<Entry>>>(new TimeoutException())
                : Task.FromResult<IReadOnlyList<IReadOnlyList<Entry>>>(
                    [.. places.Select(place => numbers.Where(number => number > place.After).Select(number => new Entry(number)).ToList())]);
        }

        public long NumberOf(Entry entry) => entry.Number;

        public Entry WithMissed(Entry entry, long missed) => entry with { Missed = missed };

        public bool IsAway(Exception failure) => failure is TimeoutException;
    }
}
