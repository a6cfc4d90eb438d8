using Grpc.Core;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Integration.Business;

namespace PubSub.Tests.Integration.Pushing;

[Collection(SharedRedis.Name)]
public sealed class PublishersLearnWhatBecameOfAPush(RedisFixture fixture)
{
    [Fact]
    public async Task Accepted_delivered_to_each_device_and_read()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var user = PushScene.NewId("user");
        var before = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        var first = await PushAsync(scene, user, "first", "m1");
        var second = await PushAsync(scene, user, "second");
        await MoveAsync(scene, user, "phone", second.Position, read: false);
        await MoveAsync(scene, user, "phone", first.Position, read: true);
        await MoveAsync(scene, user, "", first.Position, read: false);

        var ofFirst = await StatusAsync(scene, user, "m1");
        var ofSecond = await StatusAsync(scene, user, second.MessageId);
        var after = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

        Assert.Equal(("m1", first.Position), (ofFirst.MessageId, ofFirst.Position));
        Assert.InRange(ofFirst.AcceptedAt, before, after);
        Assert.Equal([("", true, false), ("phone", true, true)], Seen(ofFirst));
        Assert.Equal([("", false, false), ("phone", true, false)], Seen(ofSecond));
        Assert.All(ofFirst.Devices, device => Assert.InRange(device.DeliveredBy, ofFirst.AcceptedAt, after));
        Assert.Equal(ofSecond, await scene.Manager.Push.GetMessageStatusAsync(new() { UserId = user, Position = second.Position }));
    }

    [Fact]
    public async Task A_message_is_found_in_a_long_log_when_its_id_is_forgotten_and_by_its_position_when_it_is_gone_itself()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var user = PushScene.NewId("user");
        var first = await PushAsync(scene, user, "first", "early");
        var batch = new PushBatchRequest();
        batch.Pushes.AddRange(Enumerable.Range(0, 250).Select(i => new Push { Channel = $"user:{user}", Content = new Content { Data = "x" } }));
        await scene.Manager.Push.PushBatchAsync(batch);
        await MoveAsync(scene, user, "phone", first.Position, read: false);
        var entry = $"{first.Position.Epoch}-{first.Position.Offset}";

        await fixture.Redis.CommandAsync("DEL", $"{{user:{user}}}:id:early");
        Assert.Equal(first.Position, (await StatusAsync(scene, user, "early")).Position);

        await fixture.Redis.CommandAsync("XDEL", $"{{user:{user}}}:log", entry);
        var status = await scene.Manager.Push.GetMessageStatusAsync(new() { UserId = user, Position = first.Position });
        Assert.Equal(0, status.AcceptedAt);
        Assert.Equal([("phone", true, false)], Seen(status));
        await RefusedAsync(StatusCode.NotFound, scene, new() { UserId = user, MessageId = "early" });
    }

    [Fact]
    public async Task What_nobody_pushed_is_not_found_and_a_wrong_question_names_its_field()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var user = PushScene.NewId("user");
        var known = await PushAsync(scene, user, "x");
        var later = new Position { Epoch = known.Position.Epoch, Offset = known.Position.Offset + 1 };
        var otherLife = new Position { Epoch = known.Position.Epoch + 1, Offset = 1 };

        await RefusedAsync(StatusCode.NotFound, scene, new() { UserId = user, MessageId = "nobody" });
        await RefusedAsync(StatusCode.NotFound, scene, new() { UserId = user, Position = later });
        await RefusedAsync(StatusCode.NotFound, scene, new() { UserId = user, Position = otherLife });
        Assert.Contains("user_id", await RefusedAsync(StatusCode.InvalidArgument, scene, new() { MessageId = "m" }), StringComparison.Ordinal);
        Assert.Contains("message_id", await RefusedAsync(StatusCode.InvalidArgument, scene, new() { UserId = user }), StringComparison.Ordinal);
        Assert.Contains("position", await RefusedAsync(StatusCode.InvalidArgument, scene, new() { UserId = user, Position = new() }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_users_have_no_log_the_refusal_says_so()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis, "--USER_LOG_OFF=true");

        await RefusedAsync(StatusCode.FailedPrecondition, scene, new() { UserId = PushScene.NewId("user"), MessageId = "m" });
    }

    [Fact]
    public async Task The_command_line_shows_it()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var user = PushScene.NewId("user");
        var pushed = await PushAsync(scene, user, "x", "m1");
        await MoveAsync(scene, user, "phone", pushed.Position, read: true);
        var url = scene.Manager.GrpcAddress.ToString();

        var known = await BizServerProgram.RunAsync("", "--action", "message-status", "--user", user, "--message-id", "m1", "--url", url);
        var unknown = await BizServerProgram.RunAsync("", "--action=message-status", "--user", user, "--message-id", "m2", "--url", url);
        var wrong = await BizServerProgram.RunAsync("", "--action", "message-status", "--user", user);

        Assert.Equal((0, 1, 2), (known.ExitCode, unknown.ExitCode, wrong.ExitCode));
        Assert.StartsWith("m1: accepted 20", known.Output, StringComparison.Ordinal);
        Assert.Contains("  phone: delivered by 20", known.Output, StringComparison.Ordinal);
        Assert.Contains(", read by 20", known.Output, StringComparison.Ordinal);
        Assert.StartsWith("NotFound: message_id", unknown.Errors, StringComparison.Ordinal);
        Assert.Contains("--message-id", wrong.Errors, StringComparison.Ordinal);
    }

    private static async Task<PushReply> PushAsync(PushScene scene, string user, string text, string messageId = "") =>
        await scene.Manager.Push.PushToUserAsync(new() { UserId = user, Content = new Content { Data = text }, MessageId = messageId });

    private static async Task MoveAsync(PushScene scene, string user, string device, Position position, bool read)
    {
        var move = new MoveCursorsRequest();
        move.Cursors.Add(new DeviceCursor { Channel = $"user:{user}", DeviceId = device, Position = position, Read = read });
        await scene.Manager.Push.MoveCursorsAsync(move);
    }

    private static async Task<MessageStatus> StatusAsync(PushScene scene, string user, string messageId) =>
        await scene.Manager.Push.GetMessageStatusAsync(new() { UserId = user, MessageId = messageId });

    private static async Task<string> RefusedAsync(StatusCode status, PushScene scene, GetMessageStatusRequest request)
    {
        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await scene.Manager.Push.GetMessageStatusAsync(request));
        Assert.Equal(status, refusal.StatusCode);
        return refusal.Status.Detail;
    }

    private static IEnumerable<(string Device, bool IsDelivered, bool IsRead)> Seen(MessageStatus status) =>
        status.Devices.Select(device => (device.DeviceId, device.DeliveredBy > 0, device.ReadBy > 0));
}
