using System.Text.Json;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Controller;

[Collection(SharedRedis.Name)]
public sealed class TheStateIsReadableInRedis(RedisFixture fixture) : RedisTest(fixture)
{
    [Fact]
    public async Task A_room_is_JSON_under_its_own_name()
    {
        await using var controller = NewController();
        await controller.Rooms.CreateAsync(new CreateRoomRequest { RoomId = "room-001", Name = "Zürich & 東京", MaxUsers = 7 });

        var text = (string)(await Redis.CommandAsync("GET", "room:room-001"))!;

        Assert.Contains("Zürich & 東京", text, StringComparison.Ordinal);
        using var room = JsonDocument.Parse(text);
        Assert.Equal("room-001", room.RootElement.GetProperty("room_id").GetString());
        Assert.Equal(7, room.RootElement.GetProperty("max_users").GetInt32());
        Assert.False(room.RootElement.GetProperty("log").GetProperty("off").GetBoolean());
    }

    [Fact]
    public async Task The_keys_that_start_with_room_are_the_rooms_and_nothing_else()
    {
        await using var controller = NewController();
        await controller.RegisterAsync("n1");
        await controller.OnlineAsync("n1", "alice", "phone", "room-001", "room-002");
        await controller.OnlineAsync("n1", "room:x", "room:y", "room-001");

        Assert.Equal(["room:room-001", "room:room-002"], await KeysAsync("room:*"));
        Assert.Equal(2L, await Redis.CommandAsync("HLEN", "{room:room-001}:members"));
        Assert.Equal("2", await Redis.CommandAsync("HGET", "{room:room-001}:nodes", await FirstFieldAsync("{room:room-001}:nodes")));
    }

    [Theory]
    [InlineData("room:plain")]
    [InlineData("{tag}")]
    [InlineData("a}b")]
    [InlineData("{}")]
    [InlineData("100%25 {x}")]
    public async Task Whatever_an_id_holds_it_comes_back_as_it_was(string id)
    {
        await using var controller = NewController();
        await controller.RegisterAsync("n1");
        await controller.OnlineAsync("n1", id, id, id);
        await Redis.CommandAsync("DEL", "{cluster}:rooms", "{cluster}:users");

        await controller.Check.CheckAsync(CancellationToken.None);

        Assert.Equal(id, (await controller.RoomReader.ListAsync("", 10)).Rooms.Single().Room.RoomId);
        Assert.Equal(id, (await controller.UserAsync(id)).Sessions.Single().RoomIds.Single());
        Assert.Equal((1, 1), ((await controller.StatisticsAsync()).Users, (await controller.StatisticsAsync()).Rooms));
    }

    private async Task<string> FirstFieldAsync(string key) => (string)((object?[])(await Redis.CommandAsync("HKEYS", key))!)[0]!;
}
