using Microsoft.Extensions.Logging;
using PubSub.ServiceDefaults.Feeds;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Unit.ServiceDefaults;

public sealed class WatchersOfAFeedMissNothingUntold
{
    private readonly UnexpectedLogs _logs = new();

    [Fact]
    public async Task Whoever_comes_back_is_told_of_every_hole_and_whoever_asks_for_the_oldest_of_those_behind_it()
    {
        var watch = NewWatch(new KeptFeeds([3, 4, 7, 12]), TimeProvider.System);

        Assert.Equal([new(3, 1), new(4), new(7, 2), new(12, 4)], await TakeAsync(watch, after: 1, count: 4));
        Assert.Equal([new(3), new(4), new(7, 2), new(12, 4)], await TakeAsync(watch, after: 0, count: 4));
        Assert.Equal([new(7, 2), new(12, 4)], await TakeAsync(watch, after: 4, count: 2));
    }

    [Fact]
    public async Task A_store_that_is_away_is_waited_for()
    {
        var time = new ManualTime();
        var feeds = new KeptFeeds([1, 2]) { IsGone = true };
        var told = TakeAsync(NewWatch(feeds, time), after: 0, count: 2);
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

    [Fact]
    public async Task A_feed_that_cannot_be_read_is_told_to_its_watchers_logged_once_and_costs_those_of_others_nothing()
    {
        var feeds = new KeptFeeds([1]);
        var watch = NewWatch(feeds, TimeProvider.System);
        var others = TakeAsync(watch, after: 1, count: 1);
        var watches = Enumerable.Range(0, 2).Select(_ => IdleAsync(watch, "broken")).ToList();
        Assert.All(watches, idle => Assert.False(idle.IsCompleted));

        feeds.Broken = "broken";
        foreach (var idle in watches)
            await Assert.ThrowsAsync<InvalidDataException>(() => Wait.ForAsync(idle, "the watchers to be told"));
        feeds.Keep(2);

        Assert.Equal([new(2)], await others);
        Assert.Equal((130, "feed 'broken' cannot be read: its 2 watchers are told, and may come back"), (Assert.Single(_logs.Entries).EventId.Id, _logs.Entries.First().Message));

        feeds.Broken = "";
        var back = TakeAsync(watch, after: 2, count: 1, "broken");
        feeds.Keep(3);
        Assert.Equal([new(3)], await back);
    }

    private static Task IdleAsync(FeedWatch<Entry> watch, string feed) =>
        watch.RunAsync(feed, 1, _ => Task.CompletedTask, _ => Task.CompletedTask, CancellationToken.None);

    private FeedWatch<Entry> NewWatch(KeptFeeds feeds, TimeProvider time) =>
        new(feeds, time, LoggerFactory.Create(logging => logging.AddProvider(_logs)).CreateLogger<FeedWatch<Entry>>());

    private static async Task<List<Entry>> TakeAsync(FeedWatch<Entry> watch, long after, int count, string feed = "f")
    {
        using var enough = new CancellationTokenSource();
        var told = new List<Entry>();
        await Wait.ForAsync(
            Assert.ThrowsAnyAsync<OperationCanceledException>(() => watch.RunAsync(
                feed, after, _ => Task.CompletedTask,
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
        private volatile long[] _numbers = numbers;
        private int _looks;

        public volatile bool IsGone;

        public volatile string Broken = "";

        public int Looks => Volatile.Read(ref _looks);

        public TimeSpan Poll => TimeSpan.FromMilliseconds(20);

        public Task<long> LastAsync(string feed) => Task.FromResult(_numbers[^1]);

        public void Keep(long number) => _numbers = [.. _numbers, number];

        public Task<IReadOnlyList<IReadOnlyList<Entry>>> ReadAsync(IReadOnlyList<FeedPlace> places)
        {
            Interlocked.Increment(ref _looks);
            if (places.Any(place => place.Feed == Broken))
                return Task.FromException<IReadOnlyList<IReadOnlyList<Entry>>>(new InvalidDataException("No feed."));
            return IsGone
                ? Task.FromException<IReadOnlyList<IReadOnlyList<Entry>>>(new TimeoutException())
                : Task.FromResult<IReadOnlyList<IReadOnlyList<Entry>>>(
                    [.. places.Select(place => _numbers.Where(number => number > place.After).Select(number => new Entry(number)).ToList())]);
        }

        public long NumberOf(Entry entry) => entry.Number;

        public Entry WithMissed(Entry entry, long missed) => entry with { Missed = missed };

        public bool IsAway(Exception failure) => failure is TimeoutException;
    }
}
