using System.Globalization;
using System.Net;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Integration.Business;

namespace PubSub.Tests.Integration.Pushing;

/// <summary>BizServer and push manager with PUSH_LOG=kafka, from the request to the node.</summary>
[Collection(SharedRedis.Name)]
public sealed class JobsTravelOverKafka(RedisFixture redis, KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    [Fact]
    public async Task What_is_accepted_reaches_the_node_in_order_and_what_cannot_be_is_a_dead_letter()
    {
        var settings = new Dictionary<string, string>
        {
            ["PUSH_LOG"] = "kafka",
            ["KAFKA_SERVERS"] = kafka.Broker.Servers,
            ["KAFKA_TOPIC"] = kafka.Broker.NewTopic(),
            ["KAFKA_LIBRARY"] = kafka.Broker.Library,
            // The first answer takes as long as the client's first look at the broker, on a busy machine.
            ["PUSH_LOG_TIMEOUT_MS"] = "20000",
        };
        await using var server = await BusinessServer.StartAsync(redis.Redis.Endpoint, FreePort.Next(), settings);
        await using var scene = await PushScene.StartAsync(
            redis.Redis, ["--JOB_WORKERS=2", "--JOB_TRIES=2", .. settings.Select(setting => $"--{setting.Key}={setting.Value}")]);
        var (node, identity) = await scene.AddNodeAsync();
        var room = await scene.AddRoomAsync("""{"off":false,"max_messages":0,"max_age_seconds":0}""", identity);

        foreach (var i in Enumerable.Range(1, 10))
            Assert.Equal(HttpStatusCode.Accepted, await SendAsync(server, room, i));
        Assert.Equal(HttpStatusCode.Accepted, await SendAsync(server, "no-such-room", 1));
        await Wait.UntilAsync(() => node.Messages.Count >= 10, "all messages", TimeSpan.FromSeconds(60));
        await Wait.UntilAsync(() => scene.Manager.Logs.Entries.Any(entry => entry.EventId.Id == 3402), "the dead letter", TimeSpan.FromSeconds(60));
        var listed = await BizServerProgram.RunAsync("", settings, "--action", "dead-letters");

        Assert.Equal(Enumerable.Range(1, 10).Select(i => i.ToString(CultureInfo.InvariantCulture)), node.Messages);
        Assert.Equal((0, ""), (listed.ExitCode, listed.Errors));
        // Twice where the second worker took the partition over in the midst of it; the same letter.
        var letter = Assert.Single(listed.OutputLines.Select(line => line.Split(", since ")[0]).Distinct());
        Assert.EndsWith(": room:no-such-room", letter, StringComparison.Ordinal);
    }

    private static async Task<HttpStatusCode> SendAsync(BusinessServer server, string room, int number)
    {
        using var answer = await server.SendAsync($$"""{"roomId":"{{room}}","userId":"bob","messages":[{"content":"{{number}}"}]}""");
        return answer.StatusCode;
    }
}
