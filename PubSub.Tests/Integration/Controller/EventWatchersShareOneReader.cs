using System.Diagnostics;
using System.Threading.Channels;
using PubSub.Protocol;
using PubSub.ServiceDefaults.Feeds;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Controller;

[Collection(SharedRedis.Name)]
public sealed class EventWatchersShareOneReader(RedisFixture fixture) : RedisTest(fixture)
{
    [Fact]
    public async Task Idle_ones_cost_one_look_and_every_one_hears_every_event_once_in_order()
    {
        const int Watchers = 10;
        await using var controller = NewController();
        await controller.RegisterAsync("n1");
        using var enough = new CancellationTokenSource();
        var watchers = Enumerable.Range(0, Watchers).Select(_ => new Watcher(controller, enough.Token)).ToList();
        await Task.WhenAll(watchers.Select(watcher => watcher.Ready));
        for (var i = 0; i < 2; i++)
        {
            await controller.OnlineAsync("n1", $"early{i}", "phone");
            foreach (var watcher in watchers)
                Assert.Equal($"early{i}", (await watcher.NextAsync()).Id);
        }

        await using (var witness = await RedisMonitor.StartAsync(Redis.Port))
        {
            var idle = Stopwatch.StartNew();
            // Each may look once more on its own; six at least are five a second for all of them, and not for each.
            await Wait.UntilAsync(() => witness.Count >= Watchers + 6, "looks");
            Assert.True(idle.Elapsed > TimeSpan.FromSeconds(0.7), $"{Watchers + 6} looks for {Watchers} watchers took {idle.Elapsed}");
        }

        var users = Enumerable.Range(0, 700).Select(i => $"u{i:000}").ToList();
        await Task.WhenAll(users.Select(user => controller.OnlineAsync("n1", user, "phone")));
        var heard = new List<List<ClusterEvent>>();
        foreach (var watcher in watchers)
        {
            var events = new List<ClusterEvent>();
            while (events.Count < users.Count)
                events.Add(await watcher.NextAsync());
            heard.Add(events);
        }

        Assert.Equal(users, heard[0].Select(told => told.Id).Order(StringComparer.Ordinal));
        Assert.All(heard, events => Assert.Equal(heard[0], events));
        Assert.All(heard[0], told => Assert.Equal(0, told.Missed));
        await enough.CancelAsync();
        await Task.WhenAll(watchers.Select(watcher => watcher.Ended));
    }

    [Fact]
    public async Task One_that_reads_slowly_misses_nothing_and_one_that_returns_too_late_is_told_how_much()
    {
        await using var controller = NewController();
        await controller.RegisterAsync("n1");
        using var enough = new CancellationTokenSource();
        var slow = new Watcher(controller, enough.Token, capacity: 1);
        var quick = new Watcher(controller, enough.Token);
        await Task.WhenAll(slow.Ready, quick.Ready);

        for (var i = 0; i < 12; i++)
        {
            await controller.OnlineAsync("n1", $"u{i}", "phone");
            Assert.Equal($"u{i}", (await quick.NextAsync()).Id);
        }

        var first = await slow.NextAsync();
        Assert.Equal("u0", first.Id);
        for (var i = 1; i < 12; i++)
            Assert.Equal($"u{i}", (await slow.NextAsync()).Id);

        await Redis.CommandAsync("XTRIM", "{cluster}:events", "MAXLEN", "4");
        var late = new Watcher(controller, enough.Token, after: first.Number);
        Assert.Equal(("u8", 7), ((await late.NextAsync()) is var told ? (told.Id, told.Missed) : default));
        await enough.CancelAsync();
        await Task.WhenAll(slow.Ended, quick.Ended, late.Ended);
    }

    /// <summary>One watch, and what it was told.</summary>
    private sealed class Watcher
    {
        private readonly Channel<ClusterEvent> _told;
        private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Watcher(ControllerCore controller, CancellationToken enough, int capacity = 1000, long? after = null)
        {
            _told = Channel.CreateBounded<ClusterEvent>(capacity);
            Ended = RunAsync(controller.Get<FeedWatch<ClusterEvent>>(), after, enough);
        }

        public Task Ready => _ready.Task;

        public Task Ended { get; }

        public Task<ClusterEvent> NextAsync() => Wait.ForAsync(_told.Reader.ReadAsync().AsTask(), "the next event");

        private async Task RunAsync(FeedWatch<ClusterEvent> watch, long? after, CancellationToken enough)
        {
            try
            {
                await watch.RunAsync(
                    "",
                    after,
                    _ =>
                    {
                        _ready.SetResult();
                        return Task.CompletedTask;
                    },
                    told => _told.Writer.WriteAsync(told, enough).AsTask(),
                    enough);
            }
            catch (OperationCanceledException)
            {
                // The test has seen enough.
            }
        }
    }
}
