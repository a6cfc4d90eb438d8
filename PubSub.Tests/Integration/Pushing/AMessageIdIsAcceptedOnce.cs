using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Pushing;

[Collection(SharedRedis.Name)]
public sealed class AMessageIdIsAcceptedOnce(RedisFixture fixture)
{
    private const string Logged = """{"off":false,"max_messages":0,"max_age_seconds":0}""";
    private const string Unlogged = """{"off":true,"max_messages":0,"max_age_seconds":0}""";

    [Fact]
    public async Task A_hundred_repetitions_through_three_push_managers_are_one_message()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        await using var second = await PushManagerHost.StartAsync(fixture.Redis.Endpoint, scene.Controller);
        await using var third = await PushManagerHost.StartAsync(fixture.Redis.Endpoint, scene.Controller);
        var (node, identity) = await scene.AddNodeAsync();
        var room = await scene.AddRoomAsync(Logged, identity);
        PushManagerHost[] managers = [scene.Manager, second, third];
        await scene.PushAsync(room, "before");

        var replies = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => managers[i % 3].Push.PushToRoomAsync(
            new PushToRoomRequest { RoomId = room, Content = new Content { Data = "once" }, MessageId = "the-id" }).ResponseAsync));

        Assert.All(replies, reply => Assert.Equal(("the-id", 2L), (reply.MessageId, reply.Position.Offset)));
        Assert.Single(replies, reply => !reply.Duplicate);
        Assert.Equal(3, (await scene.PushAsync(room, "after")).Position.Offset);
        Assert.True(node.Messages.Count(text => text == "once") <= 1);
        Assert.Equal(2, node.Gaps.Max(gap => gap.Until.Offset));
    }

    [Fact]
    public async Task The_same_id_in_another_channel_is_another_message()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var (one, two) = (await scene.AddRoomAsync(Logged), await scene.AddRoomAsync(Logged));

        Assert.False((await scene.PushAsync(one, "x", "id")).Duplicate);
        Assert.False((await scene.PushAsync(two, "x", "id")).Duplicate);
        Assert.True((await scene.PushAsync(one, "x", "id")).Duplicate);
    }

    [Fact]
    public async Task It_holds_without_a_log_too()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var (node, identity) = await scene.AddNodeAsync();
        var room = await scene.AddRoomAsync(Unlogged, identity);

        Assert.False((await scene.PushAsync(room, "x", "id")).Duplicate);
        Assert.True((await scene.PushAsync(room, "x", "id")).Duplicate);
        Assert.Single(node.Deliveries);
    }

    [Fact]
    public async Task The_ids_expire()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var room = await scene.AddRoomAsync(Logged);
        await scene.PushAsync(room, "x", "id");

        var seconds = Assert.IsType<long>(await fixture.Redis.CommandAsync("TTL", $"{{room:{room}}}:id:id"));

        Assert.InRange(seconds, 280, 300);
    }
}
