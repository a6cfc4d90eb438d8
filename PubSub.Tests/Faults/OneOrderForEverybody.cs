using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.Tests.Infrastructure;
using Xunit.Abstractions;

namespace PubSub.Tests.Faults;

/// <summary>Many writers, one order.</summary>
[Collection(FaultCollection.Name)]
public sealed class OneOrderForEverybody(ITestOutputHelper output)
{
    [Fact]
    public async Task Eight_publishers_into_one_room_while_nodes_are_killed()
    {
        await using var scene = await FaultScene.StartAsync(output, new FaultSetting { Rooms = 1 });
        await scene.RepeatAsync(fault => scene.Cluster.Nodes[fault % scene.Cluster.Nodes.Count].RestartAsync());

        var verdict = await scene.EndAsync("eight publishers, one room, connect node kill -9", scene.Size.Faults);
        Assert.True(verdict.IsClean, verdict.ToString());
        Assert.Equal(0, verdict.WrittenOff);
        Assert.True(verdict.Accepted > scene.Size.PushesPerSecond, verdict.ToString());
    }

    [Fact]
    public async Task Control_clients_that_forget_where_they_were_miss_what_came_meanwhile()
    {
        await using var scene = await FaultScene.StartAsync(output, new FaultSetting { ForgetfulClients = true });
        await scene.PublishAsync(scene.Size.Interval);
        await scene.Cluster.Nodes[0].RestartAsync();
        await scene.PublishAsync(scene.Size.Interval);

        var verdict = await scene.EndAsync("control: clients without a memory, connect node kill -9", 1);
        Assert.True(verdict.WrittenOff > 0, verdict.ToString());
    }

    [Fact]
    public async Task One_message_id_a_hundred_times_at_once_through_three_push_managers_is_one_message()
    {
        await using var cluster = await TestCluster.StartAsync(new TestClusterSize(Nodes: 1, PushManagers: 3, Controllers: 1));
        await cluster.Controller().CreateRoomAsync(new CreateRoomRequest { RoomId = "r" });
        var request = new PushToRoomRequest { RoomId = "r", MessageId = "once", Content = new Content { Data = "hello" } };

        var replies = await Task.WhenAll(Enumerable.Range(0, 100).Select(
            async i => await cluster.PushManager(i % 3).PushToRoomAsync(request)));

        Assert.Single(replies.Select(reply => ChannelPosition.From(reply.Position)).Distinct());
        Assert.Single(replies, reply => !reply.Duplicate);
        var log = await cluster.PushManager().ReadLogAsync(new ReadLogRequest { Ranges = { new LogRange { Channel = "room:r", Limit = 10 } } });
        Assert.Equal("once", Assert.Single(log.Slices[0].Messages).MessageId);
    }
}
