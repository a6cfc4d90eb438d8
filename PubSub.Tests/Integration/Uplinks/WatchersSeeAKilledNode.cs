using System.Collections.Concurrent;
using System.Globalization;
using Grpc.Core;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Uplinks;

/// <summary>Real processes: the events that a business backend watches, at two controllers.</summary>
public sealed class WatchersSeeAKilledNode
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_killed_node_takes_its_users_offline_once_and_any_controller_tells_the_same()
    {
        await using var cluster = await TestCluster.StartAsync(
            new TestClusterSize(Nodes: 2, PushManagers: 1, Controllers: 2), new Dictionary<string, string> { ["EVENTS_POLL_MS"] = "20", ["ETCD_LEASE_SECONDS"] = "5" });
        await using var first = await Watcher.StartAsync(cluster.Controller(0), after: null);
        await using var onDead = await ClusterClient.ConnectAsync(cluster.NodeUri(0), "alice", "watched");
        await using var onOther = await ClusterClient.ConnectAsync(cluster.NodeUri(1), "bob");
        await Wait.UntilAsync(() => first.Events.Count >= 3, "both to come", Patience);

        cluster.Nodes[0].Kill();
        await Wait.UntilAsync(() => first.Events.Count >= 5, "alice to go with her node", Patience);

        await using var second = await Watcher.StartAsync(cluster.Controller(1), after: first.Events[2].Number);
        await Wait.UntilAsync(() => second.Events.Count >= 2, "the other controller to tell the rest", Patience);
        await using (var fromNowOn = await Watcher.StartAsync(cluster.Controller(1), after: null))
            Assert.Equal((0, first.Events[2].Number, first.Events[4].Number), (first.Begun, second.Begun, fromNowOn.Begun));
        await onOther.DisposeAsync();
        await Wait.UntilAsync(() => first.Events.Count >= 6 && second.Events.Count >= 3, "bob to go", Patience);

        Assert.Equal(
            ["RoomOccupied watched", "UserOnline alice", "UserOnline bob"], first.Told(0, 3).Order(StringComparer.Ordinal));
        Assert.Equal(["RoomVacated watched", "UserOffline alice"], first.Told(3, 2).Order(StringComparer.Ordinal));
        Assert.Equal(["UserOffline bob"], first.Told(5, 10));
        Assert.Equal(first.Events.Skip(3).Select(told => told.Number), second.Events.Select(told => told.Number));
        Assert.All(first.Events.Concat(second.Events), told => Assert.Equal(0, told.Missed));
    }

    private sealed class Watcher : IAsyncDisposable
    {
        private readonly AsyncServerStreamingCall<ClusterEvent> _call;
        private readonly ConcurrentQueue<ClusterEvent> _events = new();
        private readonly Task _reading;

        private Watcher(AsyncServerStreamingCall<ClusterEvent> call, long begun)
        {
            _call = call;
            Begun = begun;
            _reading = ReadAsync();
        }

        /// <summary>The number that it was told to begin behind.</summary>
        public long Begun { get; }

        public IReadOnlyList<ClusterEvent> Events => [.. _events];

        public static async Task<Watcher> StartAsync(ControllerService.ControllerServiceClient controller, long? after)
        {
            var request = new WatchEventsRequest();
            if (after is { } number)
                request.After = number;
            var call = controller.WatchEvents(request);
            var headers = await Wait.ForAsync(call.ResponseHeadersAsync, "the watch to begin");
            return new Watcher(call, long.Parse(headers.GetValue("after")!, CultureInfo.InvariantCulture));
        }

        public string[] Told(int from, int count) =>
            [.. Events.Skip(from).Take(count).Select(told => $"{told.Kind} {told.Id}")];

        public async ValueTask DisposeAsync()
        {
            _call.Dispose();
            await _reading;
        }

        private async Task ReadAsync()
        {
            try
            {
                await foreach (var told in _call.ResponseStream.ReadAllAsync())
                    _events.Enqueue(told);
            }
            catch (RpcException ended) when (ended.StatusCode is StatusCode.Cancelled)
            {
                // Disposed.
            }
        }
    }
}
