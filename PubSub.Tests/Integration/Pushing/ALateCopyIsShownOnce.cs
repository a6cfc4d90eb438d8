using System.Net;
using Grpc.Core;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Pushing;

/// <summary>
/// A copy of a message that comes a second way, after its id is forgotten: it says where the message was published, and
/// the room's log knows whether it has been there.
/// </summary>
public sealed class ALateCopyIsShownOnce(JobsFixture fixture) : IClassFixture<JobsFixture>
{
    private const string Logged = """{"off":false,"max_messages":2,"max_age_seconds":0}""";
    private const string Unlogged = """{"off":true,"max_messages":0,"max_age_seconds":0}""";

    private readonly RedisProcess _redis = fixture.Redis;

    [Fact]
    public async Task The_log_that_has_it_or_had_it_does_not_take_it_again()
    {
        await using var scene = await PushScene.StartAsync(_redis);
        var (node, identity) = await scene.AddNodeAsync();
        var room = await scene.AddRoomAsync(Logged, identity);
        var published = await scene.PushAsync(room, "m", $"{room}-m");
        await ForgetIdAsync(room);

        var present = await CopyAsync(scene, room, published.Position);
        for (var i = 0; i < 3; i++)
            await scene.PushAsync(room, $"later {i}");
        var cutOff = await CopyAsync(scene, room, published.Position);
        await scene.SetRoomAsync(room, Unlogged);
        var turnedOff = await CopyAsync(scene, room, published.Position);

        Assert.Equal([true, true, true], new[] { present, cutOff, turnedOff }.Select(static reply => reply.Duplicate));
        Assert.Equal([published.Position, published.Position, published.Position], new[] { present, cutOff, turnedOff }.Select(static reply => reply.Position));
        Assert.Equal(["m", "later 0", "later 1", "later 2"], node.Messages);
    }

    [Fact]
    public async Task A_log_that_was_lost_since_takes_it()
    {
        await using var scene = await PushScene.StartAsync(_redis);
        var (node, identity) = await scene.AddNodeAsync();
        var room = await scene.AddRoomAsync(Logged, identity);
        var published = await scene.PushAsync(room, "m", $"{room}-m");
        await ForgetIdAsync(room);
        await _redis.CommandAsync("DEL", $"{{room:{room}}}:log");
        await _redis.CommandAsync("DEL", $"{{room:{room}}}:position");

        var copy = await CopyAsync(scene, room, published.Position);

        Assert.False(copy.Duplicate);
        Assert.True(copy.Position.Epoch > published.Position.Epoch);
        Assert.Equal(["m", "m"], node.Messages);
    }

    [Fact]
    public async Task In_a_room_without_a_log_it_is_over_with_the_first_way()
    {
        await using var scene = await PushScene.StartAsync(_redis);
        var (node, identity) = await scene.AddNodeAsync();
        var room = await scene.AddRoomAsync(Unlogged, identity);
        var published = await scene.PushAsync(room, "m", $"{room}-m");
        await ForgetIdAsync(room);

        var copy = await CopyAsync(scene, room, published.Position);
        await scene.PushAsync(room, "last");

        Assert.Equal((true, 0L), (copy.Duplicate, copy.Position.Epoch));
        Assert.Equal(["m", "last"], node.Messages);
    }

    [Fact]
    public async Task Through_the_push_log_it_is_a_repeated_job()
    {
        await using var scene = await PushScene.StartAsync(_redis, "--JOB_WORKERS=1", "--JOB_LEASE_MS=1000");
        var (node, identity) = await scene.AddNodeAsync();
        var room = await scene.AddRoomAsync(Logged, identity);
        var published = (await scene.PushAsync(room, "m", $"{room}-m")).Position;
        await ForgetIdAsync(room);

        await AcceptAsync(room, $$"""{"content":"m","id":"{{room}}-m","published":{"epoch":{{published.Epoch}},"offset":{{published.Offset}} } }""");
        await AcceptAsync(room, """{"content":"last"}""");
        await Wait.UntilAsync(() => node.Messages.Contains("last"), "the job behind it");

        Assert.Equal(["m", "last"], node.Messages);
        Assert.Contains("push_manager_jobs_total{result=\"repeated\"} 1", await scene.Manager.Metrics.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_place_without_an_id_is_refused_at_both_doors()
    {
        await using var scene = await PushScene.StartAsync(_redis);
        var room = await scene.AddRoomAsync(Logged);
        var request = new PushBatchRequest();
        request.Pushes.Add(new Push { Channel = $"room:{room}", Content = new Content { Data = "m" }, Published = new Position { Epoch = 1, Offset = 1 } });

        var outcome = (await scene.Manager.Push.PushBatchAsync(request)).Outcomes[0];
        using var answer = await SendAsync(room, """{"content":"m","published":{"epoch":1,"offset":1} }""");

        Assert.Equal((int)StatusCode.InvalidArgument, outcome.Code);
        Assert.StartsWith("published goes with message_id", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("messages[0].published goes with messages[0].id", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private async Task ForgetIdAsync(string room) =>
        Assert.Equal(1L, await _redis.CommandAsync("DEL", $"{{room:{room}}}:id:{room}-m"));

    private static async Task<PushReply> CopyAsync(PushScene scene, string room, Position published)
    {
        var request = new PushBatchRequest();
        request.Pushes.Add(new Push
        {
            Channel = $"room:{room}",
            Content = new Content { Data = "m" },
            MessageId = $"{room}-m",
            Published = published,
        });
        return (await scene.Manager.Push.PushBatchAsync(request)).Outcomes[0].Reply;
    }

    private Task<HttpResponseMessage> SendAsync(string room, string message) =>
        fixture.Server.SendAsync($$"""{"roomId":"{{room}}","userId":"bob","messages":[{{message}}]}""");

    private async Task AcceptAsync(string room, string message)
    {
        using var answer = await SendAsync(room, message);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
    }
}
