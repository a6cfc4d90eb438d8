using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Resuming;

/// <summary>Real processes and a real Redis: a node dies under load, and its clients go on at another one.</summary>
public sealed class ClientsComeBackToAnotherNode(ClientsComeBackToAnotherNode.Cluster cluster)
    : IClassFixture<ClientsComeBackToAnotherNode.Cluster>
{
    // The first is killed; the other tests use the rest.
    private const int Dying = 0;

    private readonly TestCluster _cluster = cluster.Running;
    private readonly string _room = $"r-{Guid.NewGuid():N}";

    [Fact]
    public async Task Nothing_is_lost_or_repeated_when_the_node_is_killed_under_load()
    {
        const int Clients = 20;
        var clients = Enumerable.Range(0, Clients).Select(i => new RoomClient($"{_room}-{i}", _room)).ToList();
        await Task.WhenAll(clients.Select(client => client.ComeAsync(_cluster.NodeHttpPorts[Dying])));
        var reading = clients.ConvertAll(static client => client.ReadUntilLostAsync());

        using var stop = new CancellationTokenSource();
        var publishing = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => PublishUntilAsync(stop.Token)));
        await Wait.UntilAsync(() => clients.TrueForAll(static client => client.Position.Offset > 50), "the messages to flow");
        _cluster.Nodes[Dying].Kill();
        await Task.WhenAll(reading);
        await Task.WhenAll(clients.Select(client => client.ComeAsync(_cluster.NodeHttpPorts[1])));
        Assert.All(clients, static client => Assert.True(client.Recovered));
        reading = clients.ConvertAll(static client => client.ReadUntilLostAsync());
        var seam = clients.Max(static client => client.Position.Offset);
        await Wait.UntilAsync(() => clients.TrueForAll(client => client.Position.Offset > seam + 100), "the messages to flow on");
        await stop.CancelAsync();
        var last = (await publishing).Max();

        await Wait.UntilAsync(() => clients.TrueForAll(client => client.Position.Offset >= last), "the last message to arrive");
        Assert.All(clients, client => Assert.Equal(Enumerable.Range(1, (int)last).Select(static i => (long)i), client.Offsets));
        clients.ForEach(static client => client.Dispose());
        await Task.WhenAll(reading);
    }

    [Fact]
    public async Task A_push_to_an_offline_user_waits_and_is_delivered_once_to_each_device()
    {
        var push = _cluster.PushManager();
        var reply = await push.PushToUserAsync(new PushToUserRequest { UserId = "away", Content = new Content { Data = "1" } });
        Assert.Equal(["away"], reply.OfflineUsers);

        using (var phone = await InboxAsync(2, "user_id=away&device_id=phone"))
        {
            await ReadInboxAsync(phone, 1);
            await phone.SendTextAsync(
                $$$"""{"type":"ack","id":"a","payload":{"positions":[{"channel":"user:away","epoch":{{{reply.Position.Epoch}}},"offset":1}]}}""");
            await phone.ReadAsync("acked");
        }

        await push.PushToUserAsync(new PushToUserRequest { UserId = "away", Content = new Content { Data = "2" } });
        using (var phone = await InboxAsync(1, "user_id=away&device_id=phone"))
            await ReadInboxAsync(phone, 2);
        using var tablet = await InboxAsync(1, "user_id=away&device_id=tablet");
        await ReadInboxAsync(tablet, 1, 2);
    }

    public sealed class Cluster : IAsyncLifetime
    {
        internal TestCluster Running { get; private set; } = null!;

        public async Task InitializeAsync() =>
            Running = await TestCluster.StartAsync(new TestClusterSize(Nodes: 3, PushManagers: 1, Controllers: 1));

        public Task DisposeAsync() => Running.DisposeAsync().AsTask();
    }

    private async Task<RawWebSocket> InboxAsync(int node, string query)
    {
        var socket = await RawWebSocket.OpenAsync(_cluster.NodeHttpPorts[node], query);
        await socket.ReadAsync("connected");
        return socket;
    }

    private static async Task ReadInboxAsync(RawWebSocket socket, params long[] offsets)
    {
        foreach (var offset in offsets)
        {
            var frame = await socket.ReadAsync("serverMessages");
            Assert.Equal(offset, frame.GetProperty("payload").GetProperty("messages")[0].GetProperty("offset").GetInt64());
        }
    }

    private async Task<long> PublishUntilAsync(CancellationToken stop)
    {
        var last = 0L;
        while (!stop.IsCancellationRequested)
            last = await PublishAsync(1);
        return last;
    }

    private async Task<long> PublishAsync(int count)
    {
        var push = _cluster.PushManager();
        var last = 0L;
        for (var i = 0; i < count; i++)
        {
            var reply = await push.PushToRoomAsync(new PushToRoomRequest { RoomId = _room, Content = new Content { Data = "x" } });
            last = reply.Position.Offset;
        }

        return last;
    }
}
