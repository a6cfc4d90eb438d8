using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Pushing;

[Collection(SharedRedis.Name)]
public sealed class PushesReachTheNodesOfTheirChannel(RedisFixture fixture)
{
    private const string DefaultLog = """{"off":false,"max_messages":0,"max_age_seconds":0}""";

    [Fact]
    public async Task A_room_push_is_logged_delivered_and_counted()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var (one, first) = await scene.AddNodeAsync();
        var (two, second) = await scene.AddNodeAsync();
        var (other, _) = await scene.AddNodeAsync();
        var room = await scene.AddRoomAsync(DefaultLog, first, second);

        var reply = await scene.PushAsync(room, "hello");

        Assert.Equal((2, 4, 0), (reply.NodesReached, reply.SessionsReached, reply.NodesMissed));
        Assert.Equal(1, reply.Position.Offset);
        Assert.True(reply.Position.Epoch > 1_600_000_000_000_000);
        Assert.NotEmpty(reply.MessageId);
        foreach (var node in new[] { one, two })
        {
            var message = Assert.Single(node.Deliveries).Message;
            Assert.Equal(($"room:{room}", reply.MessageId, reply.Position), (message.Channel, message.MessageId, message.Position));
            Assert.Equal("hello", message.Content.Data);
            Assert.NotEqual(0, message.Content.Timestamp);
        }

        Assert.Empty(other.Deliveries);
        scene.Manager.Logs.AssertOnly();
    }

    [Fact]
    public async Task Nodes_are_told_with_each_push_what_holds_for_slow_readers()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis, "--ROOM_SLOW_READER_RULES=room-=conflate");
        var (node, identity) = await scene.AddNodeAsync();
        var room = await scene.AddRoomAsync(DefaultLog, identity);
        await scene.Manager.Push.PushToRoomAsync(new PushToRoomRequest { RoomId = room, Content = new Content { Data = "by rule", Key = "k" } });
        foreach (var policy in new[] { SlowReaderPolicy.DropOldest, SlowReaderPolicy.Disconnect })
        {
            scene.Controller.SetSlowReaders($"room:{room}", policy);
            await scene.PushAsync(room, "by the room");
        }

        Assert.Equal(
            [SlowReaderPolicy.Conflate, SlowReaderPolicy.DropOldest, SlowReaderPolicy.Disconnect],
            node.Deliveries.Select(delivery => delivery.SlowReaders));
        var log = await scene.Manager.Push.ReadLogAsync(new ReadLogRequest { Ranges = { new LogRange { Channel = $"room:{room}", Limit = 10 } } });
        Assert.Equal(["k", "", ""], log.Slices[0].Messages.Select(message => message.Content.Key));
    }

    [Fact]
    public async Task A_user_without_sessions_is_named_offline_and_the_message_waits_in_the_log()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var user = PushScene.NewId("user");

        var reply = await scene.Manager.Push.PushToUserAsync(new PushToUserRequest { UserId = user, Content = new Content { Data = "later" } });

        Assert.Equal([user], reply.OfflineUsers);
        var log = await scene.Manager.Push.ReadLogAsync(new ReadLogRequest { Ranges = { new LogRange { Channel = $"user:{user}", Limit = 10 } } });
        var message = Assert.Single(log.Slices[0].Messages);
        Assert.Equal(("later", reply.Position), (message.Content.Data, message.Position));
        Assert.True(log.Slices[0].Complete);
    }

    [Fact]
    public async Task A_broadcast_goes_to_every_node_even_without_a_controller()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        await scene.AddNodeAsync();
        await scene.AddNodeAsync();
        await scene.Controller.KillAsync();

        var reply = await scene.Manager.Push.BroadcastMessageAsync(new BroadcastMessageRequest { Content = new Content { Data = "all of you" } });

        Assert.Equal((2, 4), (reply.NodesReached, reply.SessionsReached));
    }

    [Fact]
    public async Task A_thousand_pushes_at_once_arrive_in_the_order_of_their_offsets()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var (node, identity) = await scene.AddNodeAsync();
        var rooms = new[] { await scene.AddRoomAsync(DefaultLog, identity), await scene.AddRoomAsync(DefaultLog, identity) };

        var replies = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => scene.PushAsync(rooms[i % 2], $"{i}")));

        Assert.All(replies, reply => Assert.Equal(1, reply.NodesReached));
        foreach (var room in rooms)
        {
            var offsets = node.Deliveries.Where(one => one.Message.Channel == $"room:{room}").Select(one => one.Message.Position.Offset);
            Assert.Equal(Enumerable.Range(1, 500).Select(offset => (long)offset), offsets);
        }

        // Pushes of one moment share writes and round trips; otherwise these would be a thousand each.
        Assert.True(node.BatchSizes.Count < 900, $"{node.BatchSizes.Count} batches for 1000 messages");
        Assert.True(scene.Controller.Calls < 900, $"{scene.Controller.Calls} resolves for 1000 pushes");
    }

    [Fact]
    public async Task A_batch_keeps_its_order_and_each_push_has_its_own_outcome()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var (node, identity) = await scene.AddNodeAsync();
        var room = await scene.AddRoomAsync(DefaultLog, identity);
        var request = new PushBatchRequest();
        for (var i = 0; i < 300; i++)
            request.Pushes.Add(new Push { Channel = $"room:{room}", Content = new Content { Data = $"{i}" } });
        request.Pushes.Insert(100, new Push { Channel = "room:nobody-made-this", Content = new Content { Data = "x" } });
        request.Pushes.Insert(200, new Push { Channel = "nowhere", Content = new Content { Data = "x" } });

        var reply = await scene.Manager.Push.PushBatchAsync(request);

        Assert.Equal(5, reply.Outcomes[100].Code);
        Assert.Contains("room_id", reply.Outcomes[100].Error, StringComparison.Ordinal);
        Assert.Equal(3, reply.Outcomes[200].Code);
        Assert.Equal(300, reply.Outcomes.Count(outcome => outcome.Code == 0));
        Assert.Equal(Enumerable.Range(0, 300).Select(i => $"{i}"), node.Messages);
    }

    [Fact]
    public async Task A_message_that_the_controller_routes_to_a_node_not_yet_known_is_repaired_when_its_link_opens()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var late = await scene.StartNodeAsync();
        // The membership gives the first node that joins incarnation 1.
        var room = await scene.AddRoomAsync(DefaultLog, new NodeIdentity { NodeId = late.Id, Incarnation = 1 });

        var reply = await scene.PushAsync(room, "early");
        Assert.Equal((0, 1), (reply.NodesReached, reply.NodesMissed));
        await scene.Manager.LinkAsync(late);

        await Wait.UntilAsync(() => late.Gaps.Count > 0, "the gap");
        Assert.Equal((reply.Position, $"room:{room}"), (late.Gaps[0].Until, late.Gaps[0].Channel));
    }
}
