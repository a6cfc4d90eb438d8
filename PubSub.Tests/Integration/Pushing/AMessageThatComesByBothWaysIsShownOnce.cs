using System.Globalization;
using PubSub.Protocol.Jobs;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Pushing;

/// <summary>LOGIC_FORWARD over the whole system: realtime from the node, and once more from the push log.</summary>
public sealed class AMessageThatComesByBothWaysIsShownOnce
{
    private const int Messages = 20;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_room_has_it_once(bool isHeldUp)
    {
        var port = FreePort.Next();
        await using var cluster = await TestCluster.StartAsync(new TestClusterSize(1, 1, 1), new Dictionary<string, string>
        {
            ["LOGIC_FORWARD"] = "true",
            ["MESSAGE_ID_SECONDS"] = "1",
            ["LOGIC_ADDRESS"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"),
        });
        await using var logic = await BusinessServer.StartAsync(cluster.Redis.Endpoint, port);
        using var client = await RawWebSocket.OpenAsync(cluster.NodeHttpPorts[0], "user_id=u1&user_name=Ann&room_id=room-001");
        await client.ReadAsync("joined");

        var owner = $"{{push-log:{PushLogNames.PartitionOf("room:room-001")}}}:owner";
        if (isHeldUp)
            await cluster.Redis.CommandAsync("SET", owner, "somebody who does nothing");
        for (var i = 1; i <= Messages; i++)
            await client.SendTextAsync($$$"""{"type":"clientMessages","payload":{"roomId":"room-001","content":"text {{{i}}}"}}""");
        await Wait.UntilAsync(async () => await cluster.Nodes[0].MetricAsync("grpc_calls_total") >= Messages, "Logic to have all copies");
        if (isHeldUp)
        {
            // Until no id is known any more.
            await Wait.UntilAsync(async () => await cluster.Redis.CommandAsync("KEYS", "*:id:*") is object?[] { Length: 0 }, "the ids to be forgotten");
            await cluster.Redis.CommandAsync("DEL", owner);
        }

        await Wait.UntilAsync(async () => await cluster.PushManagers[0].MetricAsync("push_manager_jobs_total") >= Messages, "all copies to come back");

        Assert.Contains(
            $"push_manager_jobs_total{{result=\"repeated\"}} {Messages}", await cluster.PushManagers[0].MetricsAsync(), StringComparison.Ordinal);
        Assert.Equal((long)Messages, await cluster.Redis.CommandAsync("XLEN", "{room:room-001}:log"));
    }
}
