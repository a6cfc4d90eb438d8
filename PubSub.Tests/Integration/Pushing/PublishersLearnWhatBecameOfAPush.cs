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
    public async Task Each_session_is_named_that_acknowledged_it_with_when_it_did()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var user = PushScene.NewId("user");
        var (first, second) = (await PushAsync(scene, user, "first", "m1"), await PushAsync(scene, user, "second", "m2"));
        await MoveAsync(scene, user, "phone", first.Position, read: false, "s1");
        var afterFirst = Now();
        await Wait.UntilAsync(() => Now() > afterFirst, "the clock to go on");

        // A later session of the phone begins behind it, gets the second, and a person reads both there.
        await MoveAsync(scene, user, "phone", second.Position, read: false, "s2", first.Position.Offset);
        await MoveAsync(scene, user, "phone", second.Position, read: true, "s2", first.Position.Offset);
        // Two sessions without a device share one place, and each got what it acknowledged.
        await MoveAsync(scene, user, "", first.Position, read: false, "s3");
        await MoveAsync(scene, user, "", first.Position, read: false, "s4");
        // A repetition is not another acknowledgement.
        await MoveAsync(scene, user, "phone", first.Position, read: false, "s1", first.Position.Offset);

        var (ofFirst, ofSecond) = (await StatusAsync(scene, user, "m1"), await StatusAsync(scene, user, "m2"));
        Assert.Equal([" s3 delivered", " s4 delivered", "phone s1 delivered", "phone s2 read"], Sessions(ofFirst));
        Assert.Equal(["phone s2 delivered read"], Sessions(ofSecond));
        var phone = ofFirst.Devices[1];
        Assert.InRange(phone.DeliveredBy, ofFirst.AcceptedAt, afterFirst);
        Assert.Equal((phone.DeliveredBy, phone.ReadBy), (phone.Sessions[0].DeliveredAt, phone.Sessions[1].ReadAt));
        Assert.InRange(phone.ReadBy, afterFirst + 1, Now());
    }

    [Fact]
    public async Task A_session_answers_for_what_it_was_sent_and_not_for_an_earlier_life_of_the_log()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var user = PushScene.NewId("user");
        var old = await PushAsync(scene, user, "of another life", "m0");
        await MoveAsync(scene, user, "phone", old.Position, read: true, "s1");
        await fixture.Redis.CommandAsync("DEL", $"{{user:{user}}}:position");
        var (first, second) = (await PushAsync(scene, user, "first", "m1"), await PushAsync(scene, user, "second", "m2"));

        // It knew the first from elsewhere, but nobody had said so: now this session does.
        await MoveAsync(scene, user, "phone", second.Position, read: false, "s2", first.Position.Offset);
        // This one began behind the first, which its device had acknowledged by then.
        await MoveAsync(scene, user, "phone", second.Position, read: false, "s3", first.Position.Offset);

        Assert.Equal(["phone s2 delivered"], Sessions(await StatusAsync(scene, user, "m1")));
        Assert.Equal(["phone s2 delivered", "phone s3 delivered"], Sessions(await StatusAsync(scene, user, "m2")));
    }

    [Fact]
    public async Task Of_sessions_the_latest_acknowledgements_are_kept_and_the_device_is_known_beyond()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis, "--USER_ACKS_KEPT=10");
        await using var none = await PushScene.StartAsync(fixture.Redis, "--USER_ACKS_KEPT=0");
        var user = PushScene.NewId("user");
        var first = await PushAsync(scene, user, "first", "m1");
        await MoveAsync(scene, user, "phone", first.Position, read: false, "s1");
        // Streams are cut by whole nodes of a hundred entries.
        for (var i = 0; i < 250; i++)
            await MoveAsync(scene, user, "tablet", first.Position, read: false, $"t{i}");
        await MoveAsync(none, user, "desk", first.Position, read: false, "d1");

        var status = await StatusAsync(scene, user, "m1");
        Assert.Equal([("desk", true, false), ("phone", true, false), ("tablet", true, false)], Seen(status));
        Assert.Equal((0, 0), (status.Devices[0].Sessions.Count, status.Devices[1].Sessions.Count));
        Assert.InRange(status.Devices[2].Sessions.Count, 10, 120);
        Assert.Equal("t249", status.Devices[2].Sessions[^1].SessionId);
        Assert.InRange((long)(await fixture.Redis.CommandAsync("TTL", $"{{user:{user}}}:acks"))!, 1, 604_800);
    }

    [Fact]
    public async Task An_ack_that_names_its_session_costs_redis_what_any_ack_costs()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var user = PushScene.NewId("user");
        var first = await PushAsync(scene, user, "first");
        await MoveAsync(scene, user, "warm-up", first.Position, read: false, "s0");

        await using var witness = await RedisMonitor.StartAsync(fixture.Redis.Port);
        await MoveAsync(scene, user, "phone", first.Position, read: true, "s1");

        Assert.Equal(1, (await witness.StopAsync()).Count(static command => command.StartsWith("EVAL", StringComparison.Ordinal)));
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
        await MoveAsync(scene, user, "phone", pushed.Position, read: true, "s1");
        var url = scene.Manager.GrpcAddress.ToString();

        var known = await BizServerProgram.RunAsync("", "--action", "message-status", "--user", user, "--message-id", "m1", "--url", url);
        var unknown = await BizServerProgram.RunAsync("", "--action=message-status", "--user", user, "--message-id", "m2", "--url", url);
        var wrong = await BizServerProgram.RunAsync("", "--action", "message-status", "--user", user);

        Assert.Equal((0, 1, 2), (known.ExitCode, unknown.ExitCode, wrong.ExitCode));
        Assert.StartsWith("m1: accepted 20", known.Output, StringComparison.Ordinal);
        Assert.Contains("  phone: delivered by 20", known.Output, StringComparison.Ordinal);
        Assert.Contains(", read by 20", known.Output, StringComparison.Ordinal);
        Assert.Contains("    session s1: delivered 20", known.Output, StringComparison.Ordinal);
        Assert.StartsWith("NotFound: message_id", unknown.Errors, StringComparison.Ordinal);
        Assert.Contains("--message-id", wrong.Errors, StringComparison.Ordinal);
    }

    private static async Task<PushReply> PushAsync(PushScene scene, string user, string text, string messageId = "") =>
        await scene.Manager.Push.PushToUserAsync(new() { UserId = user, Content = new Content { Data = text }, MessageId = messageId });

    private static async Task MoveAsync(PushScene scene, string user, string device, Position position, bool read, string session = "", long since = 0)
    {
        var move = new MoveCursorsRequest();
        move.Cursors.Add(new DeviceCursor { Channel = $"user:{user}", DeviceId = device, Position = position, Read = read, SessionId = session, Since = since });
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

    private static long Now() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    private static IEnumerable<string> Sessions(MessageStatus status) => status.Devices.SelectMany(device => device.Sessions.Select(session =>
        $"{device.DeviceId} {session.SessionId}{(session.DeliveredAt > 0 ? " delivered" : "")}{(session.ReadAt > 0 ? " read" : "")}"));

    private static IEnumerable<(string Device, bool IsDelivered, bool IsRead)> Seen(MessageStatus status) =>
        status.Devices.Select(device => (device.DeviceId, device.DeliveredBy > 0, device.ReadBy > 0));
}
