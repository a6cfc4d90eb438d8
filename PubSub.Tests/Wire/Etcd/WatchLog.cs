using System.Collections.Concurrent;
using Etcdserverpb;
using Mvccpb;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Wire.Etcd;

/// <summary>What a watch reported, in order.</summary>
internal sealed class WatchLog
{
    private readonly ConcurrentQueue<WatchResponse> _responses = new();

    public IEnumerable<Event> Events => _responses.SelectMany(response => response.Events);

    public IEnumerable<string> Keys => Events.Select(change => change.Kv.Key.ToStringUtf8());

    public WatchResponse? Cancelled => _responses.FirstOrDefault(response => response.Canceled);

    public int Acknowledgements => _responses.Count(response => response.Created);

    public void Add(WatchResponse response) => _responses.Enqueue(response);

    public Task ForEventsAsync(int count) =>
        Wait.UntilAsync(() => Events.Count() >= count, $"{count} events");

    public Task ForAsync(string key) =>
        Wait.UntilAsync(() => Keys.Contains(key), $"an event of {key}");

    public Task ForCancelAsync() => Wait.UntilAsync(() => Cancelled is not null, "the watch to be cancelled by etcd");
}
