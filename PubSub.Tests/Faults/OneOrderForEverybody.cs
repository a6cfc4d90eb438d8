using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.Tests.Infrastructure;
using Xunit.Abstractions;

namespace PubSub.Tests.Faults;

/// <summary>Many writers, one order.</summary>
public sealed class OneOrderForEverybody(ITestOutputHelper output)
{
    [Fact]
    public async Task Eight_publishers_into_one_room_while_nodes_are_killed()
    {
        await using var scene = await FaultScene.StartAsync(output, new FaultSetting { Rooms = 1, Control = Flaw.ForgetsPositions });
        await scene.RepeatAsync(fault => scene.Cluster.Nodes[fault % scene.Cluster.Nodes.Count].RestartAsync());

        var verdict = await scene.EndAsync("eight publishers, one room, connect node kill -9", scene.Size.Faults);
        Assert.True(verdict.IsClean, verdict.ToString());
        Assert.True(verdict.Accepted > scene.Size.PushesPerSecond, verdict.ToString());
        Assert.True(scene.ControlVerdict.WrittenOff > 0, scene.ControlVerdict.ToString());
    }

    /// <summary>The log makes the order: what goes through two push managers without one arrives here so and there so.</summary>
    [Fact]
    public async Task Control_without_a_log_clients_of_different_nodes_see_different_orders()
    {
        // So many that some are always under way through both.
        var crowded = new CrowdSize(Clients: 12, Rooms: 1, Publishers: 8, PushesPerSecond: 800);
        await using var scene = await FaultScene.StartAsync(output, new FaultSetting { Control = Flaw.NumbersByArrival, ControlSize = crowded });
        await scene.PublishAsync(scene.Size.Interval);

        var verdict = await scene.EndAsync("no harm", faults: 0);
        Assert.True(verdict.IsClean, verdict.ToString());
        Assert.Equal(0, scene.ControlVerdict.Lost);
        Assert.True(scene.ControlVerdict.Corrupt > 0, scene.ControlVerdict.ToString());
    }

    [Fact]
    public async Task One_message_id_a_hundred_times_at_once_through_three_push_managers_is_one_message()
    {
        await using var cluster = await TestCluster.StartAsync(new TestClusterSize(Nodes: 1, PushManagers: 3, Controllers: 1));
        await cluster.Controller().CreateRoomAsync(new CreateRoomRequest { RoomId = "r" });
        await cluster.Controller().CreateRoomAsync(new CreateRoomRequest { RoomId = "control" });

        var replies = await PushAHundredTimesAsync(cluster, "r", "once");
        var control = await PushAHundredTimesAsync(cluster, "control", messageId: "");

        Assert.Single(replies.Select(reply => ChannelPosition.From(reply.Position)).Distinct());
        Assert.Single(replies, reply => !reply.Duplicate);
        Assert.Equal("once", Assert.Single(await LogAsync(cluster, "r")).MessageId);
        Assert.Equal(100, control.Select(reply => ChannelPosition.From(reply.Position)).Distinct().Count());
        Assert.Equal(100, (await LogAsync(cluster, "control")).Count);
    }

    private static Task<PushReply[]> PushAHundredTimesAsync(TestCluster cluster, string room, string messageId)
    {
        var request = new PushToRoomRequest { RoomId = room, MessageId = messageId, Content = new Content { Data = "hello" } };
        return Task.WhenAll(Enumerable.Range(0, 100).Select(async i => await cluster.PushManager(i % 3).PushToRoomAsync(request)));
    }

    private static async Task<IReadOnlyList<ChannelMessage>> LogAsync(TestCluster cluster, string room)
    {
        var request = new ReadLogRequest { Ranges = { new LogRange { Channel = $"room:{room}", Limit = 200 } } };
        return (await cluster.PushManager().ReadLogAsync(request)).Slices[0].Messages;
    }
}
