using System.Collections.Concurrent;
using dotnet_etcd;
using Etcdserverpb;
using Google.Protobuf;
using Mvccpb;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Wire.Etcd;

[Collection(SharedEtcd.Name)]
public sealed class EtcdWatchesSeeEveryChange(EtcdFixture fixture) : IDisposable
{
    private readonly EtcdClient _client = new(fixture.Etcd.Endpoint);
    private readonly string _prefix = fixture.NewPrefix();

    [Fact]
    public async Task Whatever_is_written_after_the_watch_returned_is_seen_in_order()
    {
        var log = new WatchLog();
        await _client.WatchRangeAsync(_prefix, log.Add);
        for (var i = 0; i < 100; i++)
        {
            await _client.PutAsync($"{_prefix}{i}", "x");
        }

        await log.ForEventsAsync(100);

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{_prefix}{i}"), log.Keys);
        Assert.Equal(1, log.Acknowledgements);
    }

    [Fact]
    public async Task A_watch_on_a_key_sees_only_that_key_with_its_values()
    {
        var seen = new ConcurrentQueue<WatchEvent>();
        var id = await _client.GetWatchManager().WatchAsync(_prefix + "a", seen.Enqueue);
        await _client.PutAsync(_prefix + "a", "1");
        await _client.PutAsync(_prefix + "ab", "no");
        await _client.DeleteAsync(_prefix + "a");

        await Wait.UntilAsync(() => seen.Count >= 2, "two events");

        Assert.Equal(
            [(_prefix + "a", "1", Event.Types.EventType.Put), (_prefix + "a", "", Event.Types.EventType.Delete)],
            seen.Select(change => (change.Key, change.Value, change.Type)));
        Assert.NotEqual(0, id);
    }

    [Fact]
    public async Task A_start_revision_brings_what_happened_before()
    {
        var first = await _client.PutAsync(_prefix + "1", "x");
        await _client.PutAsync(_prefix + "2", "x");
        var log = new WatchLog();
        await _client.WatchAsync(From(first.Header.Revision), log.Add);
        await _client.PutAsync(_prefix + "3", "x");

        await log.ForAsync(_prefix + "3");

        Assert.Equal([_prefix + "1", _prefix + "2", _prefix + "3"], log.Keys);
    }

    [Fact]
    public async Task The_value_before_comes_with_the_change()
    {
        await _client.PutAsync(_prefix + "a", "before");
        var log = new WatchLog();
        _client.WatchRange(_prefix, log.Add);
        await _client.DeleteAsync(_prefix + "a");

        await log.ForEventsAsync(1);

        Assert.Equal("before", log.Events.Single().PrevKv.Value.ToStringUtf8());
    }

    [Fact]
    public async Task A_compacted_start_revision_is_reported()
    {
        var old = (await _client.PutAsync(_prefix + "a", "1")).Header.Revision;
        var kept = (await _client.PutAsync(_prefix + "a", "2")).Header.Revision;
        await _client.CompactAsync(new CompactionRequest { Revision = kept, Physical = true });
        var log = new WatchLog();

        await _client.WatchAsync(From(old), log.Add);
        await log.ForCancelAsync();

        Assert.Equal(kept, log.Cancelled!.CompactRevision);
        Assert.Empty(log.Events);
    }

    [Fact]
    public async Task A_cancelled_watch_says_no_more()
    {
        var (cancelled, byToken, other) = (new WatchLog(), new WatchLog(), new WatchLog());
        using var source = new CancellationTokenSource();
        var id = await _client.WatchRangeAsync(_prefix, cancelled.Add);
        await _client.WatchAsync(From(0), byToken.Add, cancellationToken: source.Token);
        await _client.WatchRangeAsync(_prefix, other.Add);

        _client.CancelWatch([id]);
        await source.CancelAsync();
        await _client.PutAsync(_prefix + "a", "x");
        await other.ForEventsAsync(1);

        // Callbacks run one after the other, so what comes for the third watch comes after what would for the others.
        Assert.Empty(cancelled.Events);
        Assert.Empty(byToken.Events);
    }

    [Fact]
    public async Task A_callback_may_throw_without_ending_the_watch()
    {
        var log = new WatchLog();
        await _client.WatchRangeAsync(_prefix, response =>
        {
            log.Add(response);
            throw new InvalidOperationException("thrown by a test, to see that the watch goes on");
        });
        await _client.PutAsync(_prefix + "1", "x");
        await _client.PutAsync(_prefix + "2", "x");

        await log.ForEventsAsync(2);
    }

    [Fact]
    public async Task A_callback_may_start_another_watch_and_wait_for_it()
    {
        var log = new WatchLog();
        await _client.WatchAsync(_prefix + "start", (WatchEvent[] events) =>
        {
            if (events.Length > 0)
            {
                _client.WatchRange(_prefix + "second/", log.Add);
            }
        });
        await _client.PutAsync(_prefix + "start", "x");
        await Wait.UntilAsync(() => log.Acknowledgements == 1, "the second watch");
        await _client.PutAsync(_prefix + "second/1", "x");

        await log.ForEventsAsync(1);
    }

    [Fact]
    public async Task Hundred_watches_share_the_client()
    {
        var logs = Enumerable.Range(0, 100).Select(_ => new WatchLog()).ToArray();
        await Task.WhenAll(logs.Select((log, i) => _client.WatchRangeAsync($"{_prefix}{i}/", log.Add)));
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => _client.PutAsync($"{_prefix}{i}/key", "x")));

        await Task.WhenAll(logs.Select(log => log.ForEventsAsync(1)));

        Assert.All(logs.Select((log, i) => (log, i)), watched => Assert.Equal([$"{_prefix}{watched.i}/key"], watched.log.Keys));
    }

    [Fact]
    public async Task Every_way_to_ask_for_a_watch_sees_the_same()
    {
        var counted = new ConcurrentDictionary<string, int>();
        Action<WatchResponse> Responses(string name) => response => counted.AddOrUpdate(name, response.Events.Count, (_, sum) => sum + response.Events.Count);
        Action<WatchEvent[]> Events(string name) => events => counted.AddOrUpdate(name, events.Length, (_, sum) => sum + events.Length);
        Action<WatchEvent> Each(string name) => _ => counted.AddOrUpdate(name, 1, (_, sum) => sum + 1);
        var key = _prefix + "a";
        var manager = _client.GetWatchManager();

        _client.Watch(From(0), Responses("request"));
        _client.Watch([From(0)], [Events("requests, events")]);
        _client.Watch(key, Responses("key"));
        _client.Watch(key, Events("key, events"));
        _client.Watch([key], [Responses("keys")]);
        _client.WatchRange([_prefix], Responses("paths"));
        await _client.WatchAsync(From(0), [Responses("async, both"), Responses("async, both")]);
        await _client.WatchAsync(From(0), Events("async, events"));
        await _client.WatchAsync([From(0)], Responses("async, requests"));
        await _client.WatchAsync(key, Responses("async, key"));
        await _client.WatchRangeAsync([_prefix], [Responses("async, paths")]);
        manager.Watch(key, Each("manager"));
        manager.WatchRange(_prefix, Each("manager, range"));
        await manager.WatchRangeAsync(_prefix, 1 + (await _client.GetAsync(key)).Header.Revision, Each("manager, from"));
        await _client.PutAsync(key, "x");

        await Wait.UntilAsync(() => counted.Count == 14 && counted.Values.All(count => count > 0), "an event each way");

        Assert.All(counted, entry => Assert.Equal(entry.Key == "async, both" ? 2 : 1, entry.Value));
    }

    [Fact]
    public async Task As_many_methods_as_watches_are_needed() =>
        await Assert.ThrowsAsync<ArgumentException>(() => _client.WatchAsync(["a", "b"], (WatchResponse _) => { }));

    public void Dispose() => _client.Dispose();

    private WatchRequest From(long revision) => new()
    {
        CreateRequest = new WatchCreateRequest
        {
            Key = ByteString.CopyFromUtf8(_prefix),
            RangeEnd = ByteString.CopyFromUtf8(EtcdClient.GetRangeEnd(_prefix)),
            StartRevision = revision,
        },
    };
}
