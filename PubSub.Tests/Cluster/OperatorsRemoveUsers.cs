using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Cluster;

/// <summary>Kicks through the controller, of a user with devices on two nodes. SPEC.md 4 (<c>left</c>) and 8.1, 4501.</summary>
[Collection(SharedCluster.Name)]
public sealed class OperatorsRemoveUsers(ClusterFixture fixture) : IAsyncLifetime
{
    private readonly TestCluster _cluster = fixture.Cluster;
    private readonly string _room = fixture.NewName("room");
    private readonly string _user = fixture.NewName("user");
    private ClusterClient _phone = null!;
    private ClusterClient _desk = null!;
    private ClusterClient _other = null!;

    public async Task InitializeAsync()
    {
        _phone = await ClusterClient.ConnectAsync(_cluster.NodeUri(0), _user, _room);
        _desk = await ClusterClient.ConnectAsync(_cluster.NodeUri(1), _user, _room);
        _other = await ClusterClient.ConnectAsync(_cluster.NodeUri(0), $"{_user}-other", _room);
    }

    public async Task DisposeAsync()
    {
        foreach (var client in new[] { _phone, _desk, _other })
            await client.DisposeAsync();
    }

    [Fact]
    public async Task A_user_loses_all_connections()
    {
        Assert.Equal(2, (await KickAsync(new KickRequest { UserId = _user, Reason = "enough" })).Sessions);

        foreach (var client in new[] { _phone, _desk })
        {
            Assert.Equal(4501, await Wait.ForAsync(client.Closed, "the kicked to be closed"));
            var disconnect = client.Frame("disconnect")!.Value;
            Assert.Equal((4501, "enough", -1), (
                disconnect.GetProperty("code").GetInt32(), disconnect.GetProperty("reason").GetString(), disconnect.GetProperty("retryAfterMs").GetInt32()));
        }

        Assert.Empty(await _cluster.SessionsOfAsync(_user));
        await OnlyTheOthersAreReachedAsync(1);
    }

    [Fact]
    public async Task One_session_goes_and_the_users_other_stays()
    {
        Assert.Equal(1, (await KickAsync(new KickRequest { UserId = _user, SessionId = _phone.SessionId })).Sessions);

        Assert.Equal(4501, await Wait.ForAsync(_phone.Closed, "the kicked to be closed"));
        await OnlyTheOthersAreReachedAsync(2);
        await _desk.ForDeliveryAsync("after the kick");
    }

    [Fact]
    public async Task Out_of_a_room_the_connections_stay()
    {
        Assert.Equal(2, (await KickAsync(new KickRequest { UserId = _user, RoomId = _room, Reason = "quiet" })).Sessions);

        var left = await _phone.ForFrameAsync("left");
        await _desk.ForFrameAsync("left");
        Assert.Equal((_room, "quiet"), (left.GetProperty("roomId").GetString(), left.GetProperty("reason").GetString()));
        await OnlyTheOthersAreReachedAsync(1);
        await _phone.PingAsync();
        await _desk.PingAsync();
        Assert.Empty(_phone.Deliveries);
        var refusal = await Assert.ThrowsAsync<ClusterErrorException>(() => _phone.PublishAsync(_room, "still here"));
        Assert.Equal(105, refusal.Code);
    }

    private async Task<KickReply> KickAsync(KickRequest kick) => await _cluster.Controller().KickAsync(kick);

    private async Task OnlyTheOthersAreReachedAsync(int sessions)
    {
        var reply = await _cluster.PushManager().PushToRoomAsync(
            new PushToRoomRequest { RoomId = _room, Content = new Content { Data = "after the kick" } });
        Assert.Equal(sessions, reply.SessionsReached);
        await _other.ForDeliveryAsync("after the kick");
    }
}
