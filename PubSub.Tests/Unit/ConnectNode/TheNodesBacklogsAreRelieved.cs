using PubSub.ConnectNode;
using PubSub.ConnectNode.Delivery;
using PubSub.ConnectNode.Sessions;
using PubSub.Protocol;
using PubSub.Protocol.Frames;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Unit.ConnectNode;

/// <summary>
/// The bound over all readers of a node, with its guard at work over real sockets: readers that have stopped are behind by
/// different amounts, and one keeps up in all their rooms.
/// </summary>
public sealed class TheNodesBacklogsAreRelieved
{
    private const int MaxMemory = 4 * 1024 * 1024;
    private const int Some = 64 * 1024;

    // More than the kernel keeps for a socket and the bound together.
    private const int MostMessages = 1500;

    private static readonly string Body = new('x', 16 * 1024);

    // What is on its way to the outboxes when the bound is met: a lane's turn.
    private static readonly int Slack = 8 * Body.Length;

    [Fact]
    public async Task The_largest_goes_first_by_the_policy_of_its_room_and_the_others_are_left_alone()
    {
        await using var node = await NodeHost.StartAsync(Bound);
        using var quick = await OpenAsync(node, "quick", "few", "many", "more");
        using var few = await OpenAsync(node, "few", "few");
        using var many = await OpenAsync(node, "many", "many");
        using var more = await OpenAsync(node, "more", "more");

        var fewSent = await PushAsync(node, quick, "few", SlowReaderPolicy.Disconnect, () => Backlog(node, "few") > Some);
        var manySent = await PushAsync(node, quick, "many", SlowReaderPolicy.DropOldest, () => node.Outbox.Counts.Dropped > 0);
        await Wait.UntilAsync(() => node.Outbox.IsRelieved, "the guard to relieve the node");
        Assert.Equal(0, node.Outbox.Counts.Disconnects);
        Assert.True(Backlog(node, "few") > Some);

        // A room that lets nothing go: as soon as its reader is the one furthest behind, it is ended.
        await PushAsync(node, quick, "more", SlowReaderPolicy.Disconnect, () => node.Outbox.Counts.Disconnects > 0);
        await Wait.UntilAsync(() => node.Sessions.OfUser("more").Count == 0, "the reader furthest behind to be ended");
        Assert.Equal(1, node.Outbox.Counts.Disconnects);

        var told = await ReadToAsync(few, "room:few", fewSent);
        Assert.Equal((fewSent, 0L), (told.Messages.Count, told.Skipped));
        told = await ReadToAsync(many, "room:many", manySent);
        Assert.Equal((manySent, node.Outbox.Counts.Dropped), (told.Messages.Count + told.Skipped, told.Skipped));
        await Wait.UntilAsync(() => node.Outbox is { Bytes: 0, Memory: 0 }, "nothing to be left behind");
    }

    [Fact]
    public async Task Control_without_the_guard_nobody_makes_room_and_a_small_backlog_pays_for_a_large_one()
    {
        await using var node = await NodeHost.StartAsync(
            Bound, services: static services => services.Remove(services.Single(service => service.ImplementationType == typeof(BacklogGuard))));
        using var quick = await OpenAsync(node, "quick", "few", "many");
        using var few = await OpenAsync(node, "few", "few");
        using var many = await OpenAsync(node, "many", "many");

        await PushAsync(node, quick, "few", SlowReaderPolicy.Disconnect, () => Backlog(node, "few") > Some);
        await PushAsync(node, quick, "many", SlowReaderPolicy.DropOldest, () => node.Outbox.IsHigh);
        await PushAsync(node, quick, "few", SlowReaderPolicy.Disconnect, () => node.Outbox.Counts.Disconnects > 0);

        await Wait.UntilAsync(() => node.Sessions.OfUser("few").Count == 0, "the reader that was little behind to be ended");
        Assert.Equal(0, node.Outbox.Counts.Dropped);
        Assert.True(Backlog(node, "many") > Some, $"{Backlog(node, "many")} B wait for the one that was far behind.");
    }

    private static void Bound(NodeOptions options) =>
        (options.OutboxMaxBytes, options.OutboxNodeMaxBytes) = (64 * 1024 * 1024, MaxMemory);

    private static async Task<RawWebSocket> OpenAsync(NodeHost node, string user, params string[] rooms)
    {
        var socket = await RawWebSocket.OpenAsync(node.Port, $"user_id={user}", receiveBuffer: user == "quick" ? 0 : 4096);
        await socket.ReadAsync("connected");
        foreach (var room in rooms)
        {
            await socket.SendTextAsync($$"""{"type":"join","id":"j","payload":{ "roomId":"{{room}}" } }""");
            await socket.ReadAsync("joined");
        }

        return socket;
    }

    /// <summary>At the pace of the reader that keeps up, which misses nothing; how many it took.</summary>
    private static async Task<int> PushAsync(NodeHost node, RawWebSocket quick, string room, SlowReaderPolicy policy, Func<bool> isEnough)
    {
        var pushed = 0;
        for (; !isEnough(); pushed++)
        {
            Assert.True(pushed < MostMessages, $"{pushed} messages to {room} were not enough: {node.Outbox.Memory} B wait.");
            var message = node.Upstream.Append($"room:{room}", Body);
            node.Channels.LaneOf(message.Channel).Post(new LaneWork(message, SlowReaders: policy));
            var got = (await quick.ReadAsync("serverMessages")).GetProperty("payload").GetProperty("messages")[0];
            Assert.Equal(message.Position.Offset, got.GetProperty("offset").GetInt64());
            Assert.True(node.Outbox.Memory < MaxMemory + Slack, $"{node.Outbox.Memory} B wait.");
        }

        return pushed;
    }

    private static int Backlog(NodeHost node, string user) => node.Sessions.OfUser(user).SingleOrDefault()?.Writer.Backlog ?? 0;

    private static async Task<GapOracle> ReadToAsync(RawWebSocket socket, string channel, long offset)
    {
        var told = new GapOracle(channel);
        while (told.Position < offset)
        {
            var (first, payload) = await socket.ReadFrameAsync();
            Assert.True(first == 0x81, $"At {told.Position}: frame {first:x2} {Convert.ToHexString(payload)}");
            told.Take(FrameCodec.Json.DecodeServer(payload));
        }

        return told;
    }
}
