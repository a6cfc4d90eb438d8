using System.Net.Sockets;
using System.Text.Json;
using PubSub.Client;
using PubSub.Client.Publishing;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Integration.Business;

namespace PubSub.Tests.Integration.Receipts;

/// <summary>The whole way of a receipt, through real processes: from a device's ack to the publisher, whatever dies between.</summary>
public sealed class PublishersFollowTheirReceipts(PublishersFollowTheirReceipts.Cluster cluster)
    : IClassFixture<PublishersFollowTheirReceipts.Cluster>
{
    private readonly TestCluster _cluster = cluster.Running;
    private readonly string _user = $"u-{Guid.NewGuid():N}";
    private readonly string _feed = $"f-{Guid.NewGuid():N}";

    [Fact]
    public async Task Each_device_s_acks_through_both_libraries_are_told_once_and_move_its_place()
    {
        using var publisher = Publisher();
        await using var reader = new FeedReader(publisher, _feed);
        await using var phone = Device("phone", FrameEncoding.Json);
        await using var tablet = Device("tablet", FrameEncoding.Protobuf);
        var onTablet = new TaskCompletionSource<Message>(TaskCreationOptions.RunContinuationsAsynchronously);
        tablet.MessageReceived += message => IfLast(message, onTablet);
        using var enough = new CancellationTokenSource();
        var acking = AckAllAsync(phone, enough.Token);
        await Wait.ForAsync(Task.WhenAll(phone.ConnectAsync(), tablet.ConnectAsync()), "the devices to connect", TimeSpan.FromSeconds(60));
        await using var script = await ScriptedDevice.StartAsync(_user, "desk", _cluster.NodeUri(0), _cluster.NodeUri(1));

        await PushAsync(publisher, "m1", "delivered");
        await publisher.PushToUserAsync(_user, new Content { Data = "nobody asks" }, "m2");
        await PushAsync(publisher, "m3", "read last");
        await tablet.AckAsync(await Wait.ForAsync(onTablet.Task, "the last message", TimeSpan.FromSeconds(60)));

        Assert.Equal(
            [
                "m1 Delivered desk", "m1 Delivered phone", "m1 Delivered tablet", "m1 Read desk", "m1 Read phone",
                "m3 Delivered desk", "m3 Delivered phone", "m3 Delivered tablet", "m3 Read desk", "m3 Read phone",
            ],
            (await UntilQuietAsync(reader, 10)).Order(StringComparer.Ordinal));
        var status = await _cluster.PushManager().GetMessageStatusAsync(new() { UserId = _user, MessageId = "m2" });
        Assert.Equal(
            [("desk", true, true), ("phone", true, true), ("tablet", true, false)],
            status.Devices.Select(device => (device.DeviceId, device.DeliveredBy > 0, device.ReadBy > 0)));
        Assert.Equal(["delivered", "nobody asks", "read last"], script.Acked);

        await enough.CancelAsync();
        await acking;

        // The place of the device is kept by the services: another process on it gets only what comes now.
        await tablet.CloseAsync();
        await using var later = Device("tablet", FrameEncoding.Json);
        var first = new TaskCompletionSource<Message>(TaskCreationOptions.RunContinuationsAsynchronously);
        later.MessageReceived += message => first.TrySetResult(message);
        await Wait.ForAsync(later.ConnectAsync(), "the device to come back", TimeSpan.FromSeconds(60));
        await PushAsync(publisher, "m4", "new");
        Assert.Equal("new", (await Wait.ForAsync(first.Task, "the new message", TimeSpan.FromSeconds(60))).Text);
    }

    [Fact]
    public async Task A_node_that_dies_between_delivery_and_ack_costs_no_receipt_and_makes_none()
    {
        using var publisher = Publisher();
        await using var reader = new FeedReader(publisher, _feed);
        using (var phone = await InboxAsync(0))
        {
            var pushed = await PushAsync(publisher, "m1", "x");
            await phone.ReadAsync("serverMessages");
            _cluster.Nodes[0].Kill();
            try
            {
                await phone.SendTextAsync(Ack(pushed.Position.Epoch, pushed.Position.Offset));
                await phone.ReadAsync("acked");
                Assert.Fail("A dead node answered.");
            }
            catch (Exception gone) when (gone is IOException or SocketException)
            {
                // As it should be.
            }
        }

        using (var phone = await InboxAsync(1))
        {
            Assert.Empty(reader.Receipts);
            await AckNextAsync(phone);
        }

        await reader.AllAsync(1);
        Assert.Equal(["m1 Delivered phone"], reader.Told);
        await _cluster.Nodes[0].RestartAsync();
        await _cluster.WaitForLinksAsync(_cluster.Nodes.Count);
    }

    [Fact]
    public async Task Push_managers_that_die_and_return_under_acks_lose_no_receipt()
    {
        using var publisher = Publisher();
        await using var reader = new FeedReader(publisher, _feed);
        await using var phone = Device("phone", FrameEncoding.Json);
        using var enough = new CancellationTokenSource();
        var acking = AckAllAsync(phone, enough.Token);
        await Wait.ForAsync(phone.ConnectAsync(), "the device to connect", TimeSpan.FromSeconds(60));

        var killing = Task.Run(async () =>
        {
            foreach (var manager in _cluster.PushManagers)
            {
                var before = reader.Receipts.Count;
                await Wait.UntilAsync(() => reader.Receipts.Count > before + 4, "some receipts", TimeSpan.FromSeconds(60));
                await manager.RestartAsync();
            }
        });
        var pushed = new List<string>();
        while (!killing.IsCompleted)
        {
            pushed.Add($"m{pushed.Count}");
            await PushAsync(publisher, pushed[^1], "x");
        }

        await killing;
        Assert.Equal(pushed.Select(id => $"{id} Delivered phone"), await UntilQuietAsync(reader, pushed.Count));
        await enough.CancelAsync();
        await acking;
    }

    [Fact]
    public async Task A_publisher_that_returns_goes_on_where_it_stood_and_the_command_line_shows_the_same()
    {
        using var publisher = Publisher();
        using var phone = await InboxAsync(1);
        await PushAsync(publisher, "m1", "x");
        await AckNextAsync(phone);
        long last;
        await using (var reader = new FeedReader(publisher, _feed))
            last = (await reader.AllAsync(1))[^1].Number;
        await PushAsync(publisher, "m2", "x");
        await AckNextAsync(phone);
        var addresses = string.Join(',', _cluster.PushPorts.Select(port => $"127.0.0.1:{port}"));
        var pushed = await BizServerProgram.RunAsync(
            "", "--action", "push-to-user", "--user", _user, "--message", "x", "--receipts-to", _feed, "--json", "--url", addresses.Split(',')[0]);
        await AckNextAsync(phone);

        var session = Assert.Single(await _cluster.SessionsOfAsync(_user));
        using var again = Publisher();
        await using var returned = new FeedReader(again, _feed, last);
        await returned.AllAsync(2);
        var shown = await BizServerProgram.RunAsync("", "--action", "watch-receipts", "--feed", _feed, "--after", "0", "--count", "3", "--url", addresses);
        var wrong = await BizServerProgram.RunAsync("", "--action=watch-receipts", "--feed", _feed, "--after", "-1", "--url", addresses);

        var id = JsonDocument.Parse(pushed.Output).RootElement.GetProperty("message_id").GetString();
        Assert.Equal(["m2 Delivered phone", $"{id} Delivered phone"], returned.Told);
        Assert.Equal((0, 2), (shown.ExitCode, wrong.ExitCode));
        var status = await _cluster.PushManager().GetMessageStatusAsync(new() { UserId = _user, MessageId = "m1" });
        Assert.Equal((session, true), (status.Devices[0].Sessions[0].SessionId, status.Devices[0].Sessions[0].DeliveredAt > 0));
        Assert.Equal(3, shown.OutputLines.Length);
        Assert.All(shown.OutputLines, line => Assert.EndsWith($" delivered to {_user} on phone (session {session})", line.TrimEnd(), StringComparison.Ordinal));
        Assert.Contains("--after -1", wrong.Errors, StringComparison.Ordinal);
    }

    public sealed class Cluster : IAsyncLifetime
    {
        internal TestCluster Running { get; private set; } = null!;

        public async Task InitializeAsync() =>
            Running = await TestCluster.StartAsync(new TestClusterSize(Nodes: 2, PushManagers: 2, Controllers: 1));

        public Task DisposeAsync() => Running.DisposeAsync().AsTask();
    }

    private PushPublisher Publisher() => new(
        _cluster.PushPorts.Select(port => new Uri($"http://127.0.0.1:{port}")), new PushPublisherOptions { Timeout = TimeSpan.FromSeconds(60) });

    private PubSubClient Device(string device, FrameEncoding encoding) => new(new PubSubClientOptions
    {
        Nodes = [_cluster.NodeUri(1), _cluster.NodeUri(0)],
        UserId = _user,
        DeviceId = device,
        Encoding = encoding,
    });

    private Task<PushReply> PushAsync(PushPublisher publisher, string id, string text) =>
        publisher.PushToUserAsync(_user, new Content { Data = text }, id, receiptsTo: _feed);

    private async Task<RawWebSocket> InboxAsync(int node)
    {
        var socket = await RawWebSocket.OpenAsync(_cluster.NodeHttpPorts[node], $"user_id={_user}&device_id=phone");
        await socket.ReadAsync("connected");
        return socket;
    }

    private async Task AckNextAsync(RawWebSocket phone)
    {
        var message = (await phone.ReadAsync("serverMessages")).GetProperty("payload").GetProperty("messages")[0];
        await phone.SendTextAsync(Ack(message.GetProperty("epoch").GetInt64(), message.GetProperty("offset").GetInt64()));
        await phone.ReadAsync("acked");
    }

    private string Ack(long epoch, long offset) =>
        $$$"""{"type":"ack","id":"a","payload":{"positions":[{"channel":"user:{{{_user}}}","epoch":{{{epoch}}},"offset":{{{offset}}}}]}}""";

    private static void IfLast(Message message, TaskCompletionSource<Message> last)
    {
        if (message.Text == "read last")
            last.TrySetResult(message);
    }

    /// <summary>As an app would: one ack after another, and one that no push manager took is tried again.</summary>
    private static Task AckAllAsync(PubSubClient device, CancellationToken enough) => Task.Run(async () =>
    {
        try
        {
            await foreach (var message in device.ReadAllAsync(enough))
            {
                while (!await TryAckAsync(device, message, enough))
                    await Task.Delay(20, enough);
            }
        }
        catch (OperationCanceledException)
        {
            // The test has seen enough.
        }
    }, CancellationToken.None);

    private static async Task<bool> TryAckAsync(PubSubClient device, Message message, CancellationToken enough)
    {
        try
        {
            await device.AckAsync(message, message.Text.StartsWith("read", StringComparison.Ordinal), enough);
            return true;
        }
        catch (PubSubException refused) when (refused.IsTemporary)
        {
            return false;
        }
    }

    /// <summary>All that was told when so many were, and one more that came later.</summary>
    private async Task<IReadOnlyList<string>> UntilQuietAsync(FeedReader reader, int count)
    {
        await reader.AllAsync(count);
        using var publisher = Publisher();
        var pushed = await publisher.PushToUserAsync($"{_user}-end", new Content { Data = "x" }, "end", receiptsTo: _feed);
        var move = new MoveCursorsRequest();
        move.Cursors.Add(new DeviceCursor { Channel = $"user:{_user}-end", Position = pushed.Position });
        await _cluster.PushManager().MoveCursorsAsync(move);
        await reader.AllAsync(count + 1);
        await Wait.UntilAsync(() => reader.Told.Contains("end Delivered "), "the last receipt");
        return [.. reader.Told.Where(told => told != "end Delivered ")];
    }
}
