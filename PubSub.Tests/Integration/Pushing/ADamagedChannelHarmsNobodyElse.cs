using System.Net;
using Grpc.Core;
using PubSub.Protocol;
using PubSub.Protocol.Jobs;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Pushing;

/// <summary>Keys of one channel that somebody overwrote: its pushes fail with what to do, and its jobs do not wait for ever.</summary>
public sealed class ADamagedChannelHarmsNobodyElse(JobsFixture fixture) : IClassFixture<JobsFixture>
{
    private const string DefaultLog = """{"off":false,"max_messages":0,"max_age_seconds":0}""";

    private readonly RedisProcess _redis = fixture.Redis;

    [Theory]
    [InlineData("room:{0}", "not json", "the value of room:{0} is not a JSON object. Delete that key and create the room again")]
    [InlineData("{{room:{0}}}:log", "a string", "{{room:{0}}}:log must be a stream")]
    [InlineData("{{room:{0}}}:position", "a string", "{{room:{0}}}:position a hash")]
    public async Task A_push_to_it_says_which_key_to_look_at(string key, string value, string says)
    {
        await using var scene = await PushScene.StartAsync(_redis);
        var (node, identity) = await scene.AddNodeAsync();
        var (damaged, other) = (await scene.AddRoomAsync(DefaultLog, identity), await scene.AddRoomAsync(DefaultLog, identity));
        await scene.PushAsync(damaged, "before");
        await _redis.CommandAsync("SET", Of(damaged, key), value);

        var refusal = await Assert.ThrowsAsync<RpcException>(() => scene.PushAsync(damaged, "lost"));
        await scene.PushAsync(other, "kept");

        Assert.Equal(StatusCode.DataLoss, refusal.StatusCode);
        Assert.Contains(Of(damaged, says), refusal.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(["before", "kept"], node.Messages);
        scene.Manager.Logs.AssertOnly();
    }

    [Theory]
    [InlineData("room:{0}", "not json", "the value of room:{0} is not a JSON object")]
    [InlineData("{{room:{0}}}:log", "a string", "{{room:{0}}}:log must be a stream")]
    [InlineData("{{room:{0}}}:position", "a string", "{{room:{0}}}:position a hash")]
    public async Task A_read_of_it_says_so_and_those_of_others_in_the_same_call_are_answered(string key, string value, string says)
    {
        await using var scene = await PushScene.StartAsync(_redis);
        var (damaged, other) = (await scene.AddRoomAsync(DefaultLog), await scene.AddRoomAsync(DefaultLog));
        await scene.PushAsync(damaged, "before");
        await scene.PushAsync(other, "kept");
        await _redis.CommandAsync("SET", Of(damaged, key), value);

        var both = await ReadAsync(scene, damaged, other);
        var alone = await Assert.ThrowsAsync<RpcException>(() => ReadAsync(scene, damaged));
        using var history = await scene.Manager.Http.GetAsync($"/history/room:{damaged}");

        Assert.Equal([((int)StatusCode.DataLoss, 0), (0, 1)], both.Slices.Select(static slice => (slice.Code, slice.Messages.Count)));
        Assert.Contains(Of(damaged, says), both.Slices[0].Error, StringComparison.Ordinal);
        Assert.Equal((StatusCode.DataLoss, both.Slices[0].Error), (alone.StatusCode, alone.Status.Detail));
        Assert.Equal(HttpStatusCode.InternalServerError, history.StatusCode);
        Assert.Contains("DataLoss", await history.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        scene.Manager.Logs.AssertOnly();
    }

    [Fact]
    public async Task A_user_whose_cursors_are_damaged_does_not_keep_those_of_others_from_moving()
    {
        await using var scene = await PushScene.StartAsync(_redis);
        var (damaged, other) = (PushScene.NewId("user"), PushScene.NewId("user"));
        var move = new MoveCursorsRequest();
        foreach (var user in new[] { damaged, other })
        {
            var pushed = await scene.Manager.Push.PushToUserAsync(new() { UserId = user, Content = new Content { Data = "x" }, MessageId = "m" });
            move.Cursors.Add(new DeviceCursor { Channel = $"user:{user}", DeviceId = "phone", Position = pushed.Position });
        }

        await _redis.CommandAsync("SET", $"{{user:{damaged}}}:cursors", "a string");
        var outcomes = (await scene.Manager.Push.MoveCursorsAsync(move)).Outcomes;

        Assert.Equal([(int)StatusCode.DataLoss, 0], outcomes.Select(static outcome => outcome.Code));
        Assert.Contains($"{{user:{damaged}}}:cursors", outcomes[0].Error, StringComparison.Ordinal);
        var status = await scene.Manager.Push.GetMessageStatusAsync(new() { UserId = other, MessageId = "m" });
        Assert.Equal("phone", Assert.Single(status.Devices).DeviceId);
    }

    [Fact]
    public async Task Its_jobs_become_dead_letters_and_those_of_other_rooms_go_on()
    {
        // One worker has all partitions, so whatever holds it up holds up every room.
        await using var scene = await PushScene.StartAsync(_redis, "--JOB_WORKERS=1", "--JOB_TRIES=2", "--JOB_LEASE_MS=1000");
        var (node, identity) = await scene.AddNodeAsync();
        var damaged = await scene.AddRoomAsync(DefaultLog, identity);
        await _redis.CommandAsync("SET", $"room:{damaged}", "not json");
        await AcceptAsync(damaged, "poison");
        await Wait.UntilAsync(
            async () => (await scene.Manager.Metrics.GetStringAsync("/metrics")).Contains("push_manager_job_retries_total", StringComparison.Ordinal),
            "the first try of the job");

        var others = new List<string>();
        for (var i = 0; i < 20; i++)
            others.Add(await scene.AddRoomAsync(DefaultLog, identity));
        foreach (var room in others)
            await AcceptAsync(room, room);

        await Wait.UntilAsync(() => node.Messages.Count >= others.Count, "the jobs of the other rooms", TimeSpan.FromSeconds(20));
        await Wait.UntilAsync(async () => await _redis.CommandAsync("XLEN", DeadLettersOf(damaged)) is 1L, "the dead letter", TimeSpan.FromSeconds(20));
        Assert.Equal(others.Order(), node.Messages.Order());
        var letter = Assert.Single(scene.Manager.Logs.Entries, entry => entry.EventId.Id == 3402).Message;
        Assert.Contains($"DataLoss: the value of room:{damaged} is not a JSON object", letter, StringComparison.Ordinal);
        scene.Manager.Logs.AssertOnly(3402);
    }

    private static async Task<ReadLogReply> ReadAsync(PushScene scene, params string[] rooms)
    {
        var request = new ReadLogRequest();
        request.Ranges.AddRange(rooms.Select(static room => new LogRange { Channel = $"room:{room}", Limit = 10 }));
        return await scene.Manager.Push.ReadLogAsync(request);
    }

    private async Task AcceptAsync(string room, string content)
    {
        using var answer = await fixture.Server.SendAsync($$"""{"roomId":"{{room}}","userId":"bob","messages":[{"content":"{{content}}"}]}""");
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
    }

    private static string Of(string room, string pattern) => string.Format(System.Globalization.CultureInfo.InvariantCulture, pattern, room);

    private static string DeadLettersOf(string room) => PushLogNames.DeadLetters(PushLogNames.PartitionOf($"room:{room}"));
}
