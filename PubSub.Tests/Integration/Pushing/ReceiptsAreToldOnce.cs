using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.PushManager.Log;
using PubSub.PushManager.Receipts;
using PubSub.ServiceDefaults.Feeds;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Pushing;

/// <summary>From the cursors of devices to the feeds of publishers, in one push manager over a real Redis.</summary>
[Collection(SharedRedis.Name)]
public sealed class ReceiptsAreToldOnce(RedisFixture fixture)
{
    private readonly string _user = PushScene.NewId("user");
    private readonly string _feed = PushScene.NewId("feed");

    [Fact]
    public async Task Of_what_was_asked_for_each_device_and_kind_once_however_often_it_is_acknowledged()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        await PushAsync(scene, "m1", _feed);
        var unasked = await PushAsync(scene, "m2", "");
        var last = await PushAsync(scene, "m3", _feed + "-other");

        await MoveAsync(scene, "phone", unasked, read: false, "s1");
        await MoveAsync(scene, "phone", unasked, read: true, "s2");
        await MoveAsync(scene, "phone", unasked, read: true);
        await MoveAsync(scene, "", last, read: true);

        Assert.Equal(["m1 Delivered phone s1", "m1 Read phone s2", "m1 Delivered ", "m1 Read "], await ToldAsync(scene, _feed));
        Assert.Equal(["m3 Delivered ", "m3 Read "], await ToldAsync(scene, _feed + "-other"));
    }

    [Fact]
    public async Task A_push_manager_that_dies_after_telling_leaves_the_ack_unstored_and_the_repetition_tells_nothing_twice()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var position = await PushAsync(scene, "m1", _feed);
        var move = new CursorMove(ChannelId.User(_user), "phone", ChannelPosition.From(position), IsRead: false);
        var due = await scene.Manager.Services.GetRequiredService<CursorStore>().MoveAsync(move, isTold: false);
        await scene.Manager.Services.GetRequiredService<ReceiptFeeds>().TellAsync(due!.Receipts);
        var before = await scene.Manager.Push.GetMessageStatusAsync(new() { UserId = _user, MessageId = "m1" });

        await MoveAsync(scene, "phone", position, read: false);

        Assert.Empty(before.Devices);
        Assert.Single((await scene.Manager.Push.GetMessageStatusAsync(new() { UserId = _user, MessageId = "m1" })).Devices);
        Assert.Equal(["m1 Delivered phone"], await ToldAsync(scene, _feed));
    }

    [Fact]
    public async Task One_ack_for_very_many_messages_tells_all_of_them_in_order_and_those_of_another_life_of_the_log_never()
    {
        const int Messages = 450;
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        await PushAsync(scene, "of another life", _feed);
        await fixture.Redis.CommandAsync("DEL", $"{{user:{_user}}}:position");
        var batch = new PushBatchRequest();
        batch.Pushes.AddRange(Enumerable.Range(0, Messages).Select(i => new Push
        {
            Channel = $"user:{_user}",
            Content = new Content { Data = "x" },
            MessageId = $"m{i:000}",
            ReceiptsTo = _feed,
        }));
        var pushed = await scene.Manager.Push.PushBatchAsync(batch);
        var last = pushed.Outcomes[^1].Reply.Position;

        await MoveAsync(scene, "phone", last, read: true);

        var told = await ToldAsync(scene, _feed);
        Assert.Equal(Enumerable.Range(0, Messages).SelectMany(i => new[] { $"m{i:000} Delivered phone", $"m{i:000} Read phone" }), told);
    }

    [Fact]
    public async Task Only_who_asked_pays()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var unasked = await PushAsync(scene, "m1", "");
        await MoveAsync(scene, "warm-up", unasked, read: false);

        await using var witness = await RedisMonitor.StartAsync(fixture.Redis.Port);
        await MoveAsync(scene, "phone", unasked, read: true);
        var cheap = await witness.StopAsync();
        var asked = await PushAsync(scene, "m2", _feed);
        await using var second = await RedisMonitor.StartAsync(fixture.Redis.Port);
        await MoveAsync(scene, "phone", asked, read: true);
        var dear = await second.StopAsync();

        Assert.Equal(1, cheap.Count(static command => command.StartsWith("EVAL", StringComparison.Ordinal)));
        Assert.Equal(3, dear.Count(static command => command.StartsWith("EVAL", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_feed_is_bounded_and_a_watcher_hears_how_many_it_missed()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis, "--RECEIPTS_KEPT=100");
        var first = await PushAsync(scene, "m", _feed);
        await MoveAsync(scene, "phone", first, read: false);
        using var watch = scene.Manager.Push.WatchReceipts(new() { Feed = _feed, After = 0 });
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        var number = watch.ResponseStream.Current.Number;

        // Streams are cut by whole nodes of a hundred entries.
        foreach (var device in Enumerable.Range(0, 400))
            await MoveAsync(scene, $"d{device}", first, read: false);
        using var returned = scene.Manager.Push.WatchReceipts(new() { Feed = _feed, After = number });
        Assert.True(await returned.ResponseStream.MoveNext(CancellationToken.None));
        var next = returned.ResponseStream.Current;

        Assert.True(next.Missed > 0);
        Assert.Equal(number + next.Missed + 1, next.Number);
        Assert.InRange((long)(await fixture.Redis.CommandAsync("XLEN", "{receipts}:feed:" + _feed))!, 100, 250);
    }

    [Fact]
    public async Task Idle_watchers_share_one_look_and_all_hear_what_comes()
    {
        const int Watchers = 10;
        await using var scene = await PushScene.StartAsync(fixture.Redis, "--RECEIPTS_POLL_MS=100");
        var watches = Enumerable.Range(0, Watchers)
            .Select(i => scene.Manager.Push.WatchReceipts(new() { Feed = i % 2 == 0 ? _feed : _feed + "-other" })).ToList();
        await Task.WhenAll(watches.Select(watch => watch.ResponseHeadersAsync));
        for (var round = 0; round < 2; round++)
        {
            await PushAsync(scene, $"m{round}", _feed);
            await MoveAsync(scene, "phone", await PushAsync(scene, $"n{round}", _feed + "-other"), read: false);
            foreach (var (i, watch) in watches.Index())
            {
                Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
                Assert.Equal($"{(i % 2 == 0 ? 'm' : 'n')}{round}", watch.ResponseStream.Current.MessageId);
            }
        }

        // Each may look once more on its own; eight at least are ten a second for all of them, and not for each.
        await using var witness = await RedisMonitor.StartAsync(fixture.Redis.Port);
        var idle = Stopwatch.StartNew();
        await Wait.UntilAsync(() => witness.Count >= Watchers + 8, "looks");
        Assert.True(idle.Elapsed > TimeSpan.FromSeconds(0.5), $"{Watchers + 8} looks for {Watchers} watchers took {idle.Elapsed}");
        watches.ForEach(static watch => watch.Dispose());
        await Wait.UntilAsync(async () => await IsSilentAsync(), "nobody to look any more", TimeSpan.FromSeconds(60));

        async Task<bool> IsSilentAsync()
        {
            var before = witness.Count;
            await Task.Delay(500);
            return witness.Count == before;
        }
    }

    [Fact]
    public async Task An_ack_whose_receipt_cannot_be_told_is_not_stored_and_the_next_one_tells_it()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var position = await PushAsync(scene, "m1", _feed);
        await fixture.Redis.CommandAsync("SET", "{receipts}:feed:" + _feed, "no stream");

        var refusal = await Assert.ThrowsAsync<RpcException>(() => MoveAsync(scene, "phone", position, read: false));
        var status = await scene.Manager.Push.GetMessageStatusAsync(new() { UserId = _user, MessageId = "m1" });
        await fixture.Redis.CommandAsync("DEL", "{receipts}:feed:" + _feed);
        await MoveAsync(scene, "phone", position, read: false);

        Assert.Equal(StatusCode.DataLoss, refusal.StatusCode);
        Assert.Contains($"{{receipts}}:feed:{_feed}", refusal.Status.Detail, StringComparison.Ordinal);
        Assert.Empty(status.Devices);
        Assert.Equal(["m1 Delivered phone"], await ToldAsync(scene, _feed));
    }

    [Fact]
    public async Task A_key_that_is_no_feed_ends_the_watches_of_it_and_costs_those_of_others_nothing()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        using var broken = scene.Manager.Push.WatchReceipts(new() { Feed = _feed + "-other" });
        using var watch = scene.Manager.Push.WatchReceipts(new() { Feed = _feed });
        await Task.WhenAll(broken.ResponseHeadersAsync, watch.ResponseHeadersAsync);

        await fixture.Redis.CommandAsync("SET", $"{{receipts}}:feed:{_feed}-other", "no stream");
        var refusal = await Assert.ThrowsAsync<RpcException>(() => Wait.ForAsync(broken.ResponseStream.MoveNext(CancellationToken.None), "the watch to end"));
        await MoveAsync(scene, "phone", await PushAsync(scene, "m1", _feed), read: false);

        Assert.Equal(StatusCode.DataLoss, refusal.StatusCode);
        Assert.Contains($"{{receipts}}:feed:{_feed}-other", refusal.Status.Detail, StringComparison.Ordinal);
        Assert.True(await Wait.ForAsync(watch.ResponseStream.MoveNext(CancellationToken.None), "the receipt"));
    }

    [Fact]
    public async Task A_watch_that_begins_now_names_its_number_so_that_it_can_go_on()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var position = await PushAsync(scene, "m1", _feed);
        await MoveAsync(scene, "phone", position, read: false);
        string after;
        using (var watch = scene.Manager.Push.WatchReceipts(new() { Feed = _feed }))
            after = (await watch.ResponseHeadersAsync).GetValue("after")!;
        await MoveAsync(scene, "tablet", position, read: false);

        using var returned = scene.Manager.Push.WatchReceipts(new() { Feed = _feed, After = long.Parse(after, System.Globalization.CultureInfo.InvariantCulture) });
        Assert.True(await returned.ResponseStream.MoveNext(CancellationToken.None));

        Assert.Equal("tablet", returned.ResponseStream.Current.DeviceId);
    }

    [Fact]
    public async Task What_cannot_have_receipts_is_refused_and_the_field_named()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        await using var without = await PushScene.StartAsync(fixture.Redis, "--USER_LOG_OFF=true");
        var batch = new PushBatchRequest();
        batch.Pushes.Add(new Push { Channel = "all", Content = new Content { Data = "x" }, ReceiptsTo = _feed });

        var outcome = (await scene.Manager.Push.PushBatchAsync(batch)).Outcomes[0];
        var noLog = await Assert.ThrowsAsync<RpcException>(() => PushAsync(without, "m1", _feed));
        using var noFeed = scene.Manager.Push.WatchReceipts(new());
        var refusal = await Assert.ThrowsAsync<RpcException>(() => noFeed.ResponseStream.MoveNext(CancellationToken.None));
        using var http = await scene.Manager.Http.PostAsJsonAsync("/push/all", new { content = new { data = "x" }, receipts_to = _feed });

        Assert.Equal(((int)StatusCode.InvalidArgument, StatusCode.InvalidArgument), (outcome.Code, noLog.StatusCode));
        Assert.StartsWith("receipts_to", outcome.Error, StringComparison.Ordinal);
        Assert.StartsWith("receipts_to", noLog.Status.Detail, StringComparison.Ordinal);
        Assert.StartsWith("feed", refusal.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, http.StatusCode);
    }

    private async Task<Position> PushAsync(PushScene scene, string id, string feed) => (await scene.Manager.Push.PushToUserAsync(
        new() { UserId = _user, Content = new Content { Data = "x" }, MessageId = id, ReceiptsTo = feed })).Position;

    private async Task MoveAsync(PushScene scene, string device, Position position, bool read, string session = "")
    {
        var move = new MoveCursorsRequest();
        move.Cursors.Add(new DeviceCursor { Channel = $"user:{_user}", DeviceId = device, Position = position, Read = read, SessionId = session });
        await scene.Manager.Push.MoveCursorsAsync(move);
    }

    /// <summary>All that a feed holds.</summary>
    private static async Task<IReadOnlyList<string>> ToldAsync(PushScene scene, string feed)
    {
        var feeds = scene.Manager.Services.GetRequiredService<ReceiptFeeds>();
        var told = new List<Receipt>();
        while (await feeds.ReadAsync([new FeedPlace(feed, told.Count == 0 ? 0 : told[^1].Number)]) is [{ Count: > 0 } page])
            told.AddRange(page);
        Assert.Equal(told.Select((_, i) => told[0].Number + i), told.Select(receipt => receipt.Number));
        return told.ConvertAll(receipt => $"{receipt.MessageId} {receipt.Kind} {receipt.DeviceId}{(receipt.SessionId.Length > 0 ? " " + receipt.SessionId : "")}");
    }
}
