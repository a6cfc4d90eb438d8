using System.Collections.Concurrent;
using Grpc.Core;
using PubSub.Client;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Cluster;

[Collection(FailingCluster.Name)]
public sealed class OutagesEndWithEverybodyKnown(FailingClusterFixture fixture) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    private readonly TestCluster _cluster = fixture.Cluster;
    private readonly string _room = fixture.NewName("room");
    private readonly List<ClusterClient> _clients = [];

    public async Task InitializeAsync()
    {
        for (var i = 0; i < 6; i++)
            _clients.Add(await ClusterClient.ConnectAsync(_cluster.NodeUri(i % 3), $"{_room}-user-{i / 2}", _room));
    }

    public async Task DisposeAsync()
    {
        foreach (var client in _clients)
            await client.DisposeAsync();
    }

    /// <summary>SPEC.md 1.5.</summary>
    [Fact]
    public async Task While_the_controllers_are_away_who_comes_waits_and_who_is_there_stays()
    {
        foreach (var controller in _cluster.Controllers)
            controller.Kill();
        await using var newcomer = await ClusterClient.OpenAsync(_cluster.NodeUri(0), "newcomer", $"user_id={_room}-newcomer&room_id={_room}");
        Assert.Equal(200, (await newcomer.ForFrameAsync("error")).GetProperty("code").GetInt32());
        Assert.Null(newcomer.Frame("connected"));
        foreach (var controller in _cluster.Controllers)
            await controller.RestartAsync();

        await newcomer.ForFrameAsync("joined");
        await PushUntilAcceptedAsync("after the outage");
        await Task.WhenAll(_clients.Append(newcomer).Select(client => client.ForDeliveryAsync("after the outage")));
        Assert.All(_clients, client => Assert.False(client.Closed.IsCompleted));
    }

    [Fact]
    public async Task A_redis_that_lost_everything_is_told_everybody_again()
    {
        await using var library = new PubSubClient(new PubSubClientOptions { Nodes = [_cluster.NodeUri(0)], UserId = $"{_room}-library" });
        var room = library.Room(_room);
        var seen = new ConcurrentQueue<string>();
        room.Joined += start => seen.Enqueue(start.IsFirst ? "joined" : start.Recovered ? "recovered" : "lost");
        room.MessageReceived += message => seen.Enqueue(message.Text);
        await Wait.ForAsync(library.ConnectAsync(), "the library to connect");
        await Wait.ForAsync(room.JoinAsync(), "the library to join");

        await fixture.PushAsync($"room:{_room}", "before");
        _cluster.Redis.Kill();
        var refusal = await Assert.ThrowsAsync<RpcException>(() => fixture.PushAsync($"room:{_room}", "lost"));
        Assert.Equal(StatusCode.Unavailable, refusal.StatusCode);
        await _cluster.Redis.RestartAsync();
        await _cluster.Redis.CommandAsync("FLUSHALL");

        await Wait.UntilAsync(
            async () => await MembersAsync(0) == 4 && await MembersAsync(1) == 4, "everybody to be in the room again, on both controllers", Patience);
        await PushUntilAcceptedAsync("after the loss");
        await Task.WhenAll(_clients.Select(client => client.ForDeliveryAsync("after the loss")));

        foreach (var client in _clients)
        {
            await client.PingAsync();
            Assert.Equal(["before", "after the loss"], client.Deliveries.Select(one => one.Data));
        }

        // Its connection lived through all of it, so nobody but the new epoch can tell what was lost. SPEC.md 5.2.
        await Wait.UntilAsync(() => seen.Contains("after the loss"), "the library to hear of it");
        Assert.Equal(["joined", "before", "lost", "after the loss"], seen);
        var newest = await room.HistoryAsync();
        var oldest = await room.HistoryAsync(new ChannelPosition(newest.Epoch, 0), limit: 1);
        Assert.Equal((1L, "after the loss"), (oldest.Messages[0].Position.Offset, oldest.Messages[0].Text));
    }

    private async Task<int> MembersAsync(int controller)
    {
        try
        {
            return (await _cluster.Controller(controller).GetRoomInfoAsync(new GetRoomInfoRequest { RoomId = _room })).UserCount;
        }
        catch (RpcException away) when (away.StatusCode is StatusCode.NotFound or StatusCode.Unavailable)
        {
            return 0;
        }
    }

    /// <summary>The push managers find out by themselves that the outage is over.</summary>
    private Task PushUntilAcceptedAsync(string text) => Wait.UntilAsync(
        async () =>
        {
            try
            {
                await fixture.PushAsync($"room:{_room}", text);
                return true;
            }
            catch (RpcException away) when (away.StatusCode is StatusCode.Unavailable)
            {
                return false;
            }
        },
        "a push to be accepted",
        Patience);
}
