using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Pushing;

[Collection(SharedRedis.Name)]
public sealed class ASlowOrHungNodeHarmsNobodyElse(RedisFixture fixture)
{
    private const string Logged = """{"off":false,"max_messages":0,"max_age_seconds":0}""";
    private const string Unlogged = """{"off":true,"max_messages":0,"max_age_seconds":0}""";

    [Theory]
    [InlineData(nameof(NodeManner.TakesWithoutAcks))]
    [InlineData(nameof(NodeManner.Stalls))]
    public async Task A_hung_node_costs_its_first_publishers_the_ack_timeout_and_later_ones_nothing(string manner)
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis, "--LINK_ACK_TIMEOUT_MS=1500");
        var (healthy, good) = await scene.AddNodeAsync();
        var (hung, bad) = await scene.AddNodeAsync(Enum.Parse<NodeManner>(manner));
        var both = await scene.AddRoomAsync(Logged, good, bad);
        var healthyOnly = await scene.AddRoomAsync(Logged, good);

        // While the first push waits for the hung node, others are answered: an ack of the healthy one suffices.
        var waiting = scene.PushAsync(both, "first");
        await Wait.UntilAsync(() => healthy.Messages.Contains("first"), "the healthy node to get it");
        var quick = await scene.PushAsync(healthyOnly, "beside it");
        Assert.False(waiting.IsCompleted);
        Assert.Equal(1, quick.NodesReached);

        var first = await waiting;
        Assert.Equal((1, 1), (first.NodesReached, first.NodesMissed));

        // From here on nobody waits: many pushes, one after the other, take less than the one time-out of each would.
        var watch = System.Diagnostics.Stopwatch.StartNew();
        for (var i = 0; i < 20; i++)
            Assert.Equal(1, (await scene.PushAsync(both, "known to be hung")).NodesMissed);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20 * 1.5 / 2), $"20 pushes took {watch.Elapsed}");

        hung.Manner = NodeManner.Acknowledges;
        var later = await scene.PushAsync(both, "later");
        await Wait.UntilAsync(() => hung.Gaps.Any(gap => gap.Until.Offset >= first.Position.Offset), "the gap of what was lost");
        await Wait.UntilAsync(async () => (await scene.PushAsync(both, "again")).NodesReached == 2, "the link to be trusted again");
        Assert.Contains(hung.Deliveries, one => Position(one) >= later.Position.Offset);
        scene.Manager.Logs.AssertOnly(3200);
    }

    [Fact]
    public async Task What_does_not_fit_into_a_link_becomes_one_gap_for_its_channel()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis, "--LINK_QUEUE=10", "--LINK_ACK_TIMEOUT_MS=1000");
        var (node, identity) = await scene.AddNodeAsync(NodeManner.TakesWithoutAcks);
        var room = await scene.AddRoomAsync(Logged, identity);

        var replies = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => scene.PushAsync(room, $"{i}")));
        Assert.All(replies, reply => Assert.Equal(1, reply.NodesMissed));
        node.Manner = NodeManner.Acknowledges;

        // Everything is accepted, in the log, and the node is told up to where to read.
        Assert.Equal(Enumerable.Range(1, 100).Select(i => (long)i), replies.Select(reply => reply.Position.Offset).Order());
        await Wait.UntilAsync(() => node.Deliveries.Any(one => Position(one) == 100), "the node to hear of the last message");
        Assert.NotEmpty(node.Gaps);
        Assert.True(node.Gaps.Count < 10, $"{node.Gaps.Count} gaps for one channel");
    }

    [Fact]
    public async Task Without_a_log_the_publisher_learns_what_was_dropped()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis, "--LINK_QUEUE=10", "--LINK_ACK_TIMEOUT_MS=1000");
        var (_, identity) = await scene.AddNodeAsync(NodeManner.TakesWithoutAcks);
        var room = await scene.AddRoomAsync(Unlogged, identity);

        var replies = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => scene.PushAsync(room, $"{i}")));

        Assert.All(replies, reply => Assert.Equal((0L, 1), (reply.Position.Epoch, reply.NodesMissed)));
        var metrics = await scene.Manager.Metrics.GetStringAsync("/metrics");
        Assert.Contains("push_manager_drops_total{reason=\"queue_full\"}", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("push_manager_gaps_total{", metrics, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(NodeManner.Refuses))]
    [InlineData(nameof(NodeManner.SaysNothing))]
    public async Task What_waits_for_a_node_that_does_not_take_the_stream_comes_when_it_does(string manner)
    {
        const int Messages = 50;
        await using var scene = await PushScene.StartAsync(fixture.Redis, "--LINK_QUEUE=50", "--LINK_ACK_TIMEOUT_MS=300");
        var (node, identity) = await scene.AddNodeAsync();
        var room = await scene.AddRoomAsync(Unlogged, identity);
        await node.KillAsync();
        node.Manner = Enum.Parse<NodeManner>(manner);
        await node.StartServerAsync();
        await Wait.UntilAsync(() => node.Streams > 2, "the node to have let a stream down");

        for (var i = 0; i < Messages; i++)
            await scene.PushAsync(room, $"{i}");
        var before = node.Streams;
        await Wait.UntilAsync(() => node.Streams > before + 1, "a further attempt to have come to nothing");
        await scene.PushAsync(room, "beyond the bound");
        node.Manner = NodeManner.Acknowledges;

        await Wait.UntilAsync(() => node.Messages.Count >= Messages, "what waited");
        Assert.Equal(Enumerable.Range(0, Messages).Select(i => $"{i}"), node.Messages);
        var drops = (await scene.Manager.Metrics.GetStringAsync("/metrics")).Split('\n').Where(static line => line.StartsWith("push_manager_drops_total{", StringComparison.Ordinal));
        Assert.Equal(["push_manager_drops_total{reason=\"queue_full\"} 1"], drops);
    }

    [Fact]
    public async Task A_node_whose_connection_breaks_is_reconnected_and_told_of_the_gap()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var (node, identity) = await scene.AddNodeAsync();
        var room = await scene.AddRoomAsync(Logged, identity);
        await scene.PushAsync(room, "before");

        node.Manner = NodeManner.TakesWithoutAcks;
        var lost = scene.PushAsync(room, "lost");
        await Wait.UntilAsync(() => node.Messages.Contains("lost"), "the message to be on its way");
        await node.KillAsync();
        var reply = await lost;
        Assert.Equal((0, 1), (reply.NodesReached, reply.NodesMissed));
        var away = await scene.PushAsync(room, "while away");

        node.Manner = NodeManner.Acknowledges;
        await node.StartServerAsync();
        // It is part of the gap where an attempt to reach the node had taken it already, and comes behind the gap otherwise.
        await Wait.UntilAsync(
            () => node.Messages.Contains("while away") || node.Gaps.Any(gap => gap.Until.Equals(away.Position)), "what was missed");
        var first = node.Deliveries.First(one => one.Gap is not null || one.Message.Content.Data == "while away");
        Assert.Equal(node.Messages.Contains("while away") ? reply.Position : away.Position, first.Gap?.Until);
        scene.Manager.Logs.AssertOnly(3200);
    }

    [Fact]
    public async Task A_node_that_is_gone_loses_its_link_and_its_next_life_gets_a_fresh_one()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var (node, earlier) = await scene.AddNodeAsync();
        var room = await scene.AddRoomAsync(Logged, earlier);
        node.Manner = NodeManner.TakesWithoutAcks;
        var unanswered = scene.PushAsync(room, "to the earlier life");
        await Wait.UntilAsync(() => node.Messages.Count == 1, "the message to be on its way");

        scene.Manager.Nodes.Leave(node.Id);
        Assert.Equal(1, (await unanswered).NodesMissed);

        node.Manner = NodeManner.Acknowledges;
        var present = await scene.Manager.LinkAsync(node);
        // The controller still names the earlier life: nothing of it may reach the present one.
        Assert.Equal(0, (await scene.PushAsync(room, "stale")).NodesReached);
        scene.Controller.Route($"room:{room}", present);
        Assert.Equal(1, (await scene.PushAsync(room, "fresh")).NodesReached);
        Assert.Equal(["to the earlier life", "fresh"], node.Messages);
        Assert.Empty(node.Gaps);
    }

    [Fact]
    public async Task On_shutdown_everything_accepted_is_delivered_before_the_link_closes()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis, "--STOP_TIMEOUT_SECONDS=20");
        var (node, identity) = await scene.AddNodeAsync();
        var room = await scene.AddRoomAsync(Logged, identity);

        var request = new PushBatchRequest();
        for (var i = 0; i < 500; i++)
            request.Pushes.Add(new Push { Channel = $"room:{room}", Content = new Content { Data = $"{i}" } });
        var pushing = scene.Manager.Push.PushBatchAsync(request).ResponseAsync;
        await Wait.UntilAsync(() => node.Deliveries.Count > 0, "the first delivery");
        await pushing;
        await scene.Manager.StopAsync();

        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"{i}"), node.Messages);
        await Wait.UntilAsync(() => node.Completed == 1, "the stream to end in good order");
    }

    private static long Position(Delivery delivery) => delivery.Gap?.Until.Offset ?? delivery.Message.Position.Offset;
}
