using PubSub.Controller;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Controller;

[Collection(SharedRedis.Name)]
public sealed class PlacesInARoomAreNeverExceeded(RedisFixture fixture) : RedisTest(fixture)
{
    [Fact]
    public async Task Of_500_users_who_race_for_100_places_through_two_controllers_exactly_100_get_one()
    {
        await using var one = NewController();
        await using var other = NewController();
        await one.RegisterAsync("n1");
        await one.Rooms.CreateAsync(new CreateRoomRequest { RoomId = "r" });
        for (var i = 0; i < 500; i++)
            await one.OnlineAsync("n1", $"u{i}", $"s{i}");

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 500).Select(i =>
            (i % 2 == 0 ? one : other).ApplyAsync("n1", 1, Change.Join($"u{i}", $"s{i}", "r"))));

        Assert.Equal(100, outcomes.Count(outcome => outcome[0].Joined is not null));
        Assert.All(outcomes.Where(outcome => outcome[0].Joined is null), outcome =>
        {
            Assert.Equal(RefusalKind.RoomFull, outcome[0].Refusal!.Kind);
            Assert.Contains("room 'r' is full", outcome[0].Refusal!.Message, StringComparison.Ordinal);
        });
        var info = await other.RoomReader.DescribeAsync("r", 1000);
        Assert.Equal(100, info.UserCount);
        Assert.Equal(100, info.Members.Count);
    }

    [Fact]
    public async Task Of_500_sessions_that_begin_with_the_room_exactly_100_get_in()
    {
        await using var one = NewController();
        await using var other = NewController();
        await one.RegisterAsync("n1");

        var begun = await Task.WhenAll(Enumerable.Range(0, 500).Select(i =>
            (i % 2 == 0 ? one : other).OnlineAsync("n1", $"u{i}", $"s{i}", "r")));

        Assert.Equal(100, begun.Count(session => session.Rooms[0].Joined is not null));
        Assert.Equal(100, await one.Rooms.CountUsersAsync("r"));
    }

    [Fact]
    public async Task Further_devices_of_a_user_take_no_place()
    {
        await using var controller = NewController();
        await controller.RegisterAsync("n1");
        await controller.RegisterAsync("n2");
        await controller.Rooms.CreateAsync(new CreateRoomRequest { RoomId = "r", MaxUsers = 1 });

        await controller.OnlineAsync("n1", "alice", "phone", "r");
        var second = await controller.OnlineAsync("n2", "alice", "laptop", "r");
        var bob = await controller.OnlineAsync("n1", "bob", "phone", "r");

        Assert.Equal(1, second.Rooms[0].Joined!.Value.UserCount);
        Assert.Equal(RefusalKind.RoomFull, bob.Rooms[0].Refusal!.Kind);
    }

    [Fact]
    public async Task A_place_is_free_again_when_the_last_device_of_its_user_left()
    {
        await using var controller = NewController();
        await controller.RegisterAsync("n1");
        await controller.Rooms.CreateAsync(new CreateRoomRequest { RoomId = "r", MaxUsers = 1 });
        await controller.OnlineAsync("n1", "alice", "phone", "r");
        await controller.OnlineAsync("n1", "alice", "laptop", "r");
        await controller.OnlineAsync("n1", "bob", "phone");

        await controller.ApplyAsync("n1", 1, Change.Offline("alice", "phone"));
        var early = await controller.ApplyAsync("n1", 1, Change.Join("bob", "phone", "r"));
        await controller.ApplyAsync("n1", 1, Change.Leave("alice", "laptop", "r"));
        var late = await controller.ApplyAsync("n1", 1, Change.Join("bob", "phone", "r"));

        Assert.Equal(RefusalKind.RoomFull, early[0].Refusal!.Kind);
        Assert.NotNull(late[0].Joined);
    }
}
