using PubSub.Controller;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Controller;

/// <summary>A session that begins and joins in one batch costs fewer scripts, and each change has its own outcome all the same.</summary>
[Collection(SharedRedis.Name)]
public sealed class WhoComesIntoRoomsIsOneStep(RedisFixture fixture) : RedisTest(fixture)
{
    [Fact]
    public async Task A_join_that_is_refused_leaves_the_session_and_its_other_rooms()
    {
        await using var controller = NewController();
        await controller.RegisterAsync("n1");
        await controller.Rooms.CreateAsync(new CreateRoomRequest { RoomId = "full", MaxUsers = 1 });
        await controller.OnlineAsync("n1", "alice", "phone", "full");

        var outcomes = await controller.ApplyAsync(
            "n1", 1, Change.Online("bob", "laptop", "own"), Join("full"), Join("own"), Join("nowhere", create: false), Join("made"));

        Assert.Null(outcomes[0].Refusal);
        Assert.Equal(["own"], outcomes[0].Begun!.Rooms.Select(attempt => attempt.RoomId));
        Assert.Equal((RefusalKind.RoomFull, RefusalKind.NotFound), (outcomes[1].Refusal!.Kind, outcomes[3].Refusal!.Kind));
        Assert.Equal((1, 1), (outcomes[2].Joined!.Value.UserCount, outcomes[4].Joined!.Value.UserCount));
        Assert.Equal(["made", "own"], (await controller.UserAsync("bob")).Sessions.Single().RoomIds.Order());
        Assert.Equal(["n1/1"], await controller.NodesOfAsync("room:made"));
    }

    [Fact]
    public async Task It_costs_three_scripts_and_the_list_of_users_one_for_very_many()
    {
        const int Users = 90; // A room takes a hundred.
        await using var controller = NewController();
        await controller.RegisterAsync("n1");
        await controller.OnlineAsync("n1", "first", "phone", "r");

        await using var witness = await RedisMonitor.StartAsync(Redis.Port);
        await controller.ApplyAsync("n1", 1, [.. Enumerable.Range(0, Users).SelectMany(i => new[]
        {
            Change.Online($"u{i}", "phone"), new SessionChange { Join = new SessionJoin { UserId = $"u{i}", UserName = $"Name of u{i}", SessionId = "phone", RoomId = "r" } },
        })]);
        var commands = await witness.StopAsync();

        var kinds = string.Join(", ", commands.CountBy(static command => command).Select(static kind => $"{kind.Value} {kind.Key}"));
        Assert.True(commands.Count >= 3 * Users && commands.Count <= (3 * Users) + 30, kinds);
        Assert.Equal(Users + 1, (await controller.StatisticsAsync()).Users);
    }

    private static SessionChange Join(string room, bool create = true) =>
        new() { Join = new SessionJoin { UserId = "bob", UserName = "Name of bob", SessionId = "laptop", RoomId = room, CreateRoom = create } };
}
