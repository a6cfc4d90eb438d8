using System.Collections.Concurrent;
using System.Diagnostics;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Pushing;

[Collection(SharedRedis.Name)]
public sealed class OnePushIsOneTrace(RedisFixture fixture)
{
    [Fact]
    public async Task Append_resolve_and_node_lie_in_the_publishers_trace_and_the_node_is_told_its_parent()
    {
        var ended = new ConcurrentQueue<Activity>();
        using var source = new ActivitySource("PubSub.Tests.Publisher");
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name is "PubSub.Tests.Publisher" or "PubSub.PushManager" or "Microsoft.AspNetCore",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var (node, identity) = await scene.AddNodeAsync();
        var room = await scene.AddRoomAsync("{}", identity);

        ActivityTraceId trace;
        using (var publisher = source.StartActivity("publisher")!)
        {
            trace = publisher.TraceId;
            await scene.PushAsync(room, "traced");
        }

        var spans = ended.Where(span => span.TraceId == trace && span.Source.Name == "PubSub.PushManager").ToList();
        Assert.Equal(["append", "node", "resolve"], spans.Select(span => span.OperationName).Order());
        var toNode = spans.Single(span => span.OperationName == "node");
        Assert.Equal($"00-{trace}-{toNode.SpanId}-01", Assert.Single(node.Deliveries).TraceParent);
        Assert.Equal(FakeNode.SessionsPerDelivery, toNode.GetTagItem("pubsub.sessions"));
    }

    [Fact]
    public async Task A_push_that_nobody_samples_carries_no_trace()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var (node, identity) = await scene.AddNodeAsync();
        var room = await scene.AddRoomAsync("{}", identity);

        await scene.PushAsync(room, "plain");

        Assert.Empty(Assert.Single(node.Deliveries).TraceParent);
    }
}
