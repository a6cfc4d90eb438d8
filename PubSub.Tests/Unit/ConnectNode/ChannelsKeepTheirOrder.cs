using System.Text.Json;
using PubSub.ConnectNode.Delivery;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Unit.ConnectNode;

public sealed class ChannelsKeepTheirOrder : IAsyncLifetime
{
    private NodeHost _node = null!;

    public async Task InitializeAsync() => _node = await NodeHost.StartAsync();

    public Task DisposeAsync() => _node.DisposeAsync().AsTask();

    [Fact]
    public async Task A_joined_session_gets_what_follows_its_position()
    {
        _node.Upstream.Append("room:r", "before");
        using var socket = await RawWebSocket.OpenAsync(_node.Port, "user_id=u1&room_id=r");
        var joined = (await socket.ReadAsync("joined")).GetProperty("payload");
        Assert.Equal(1, joined.GetProperty("offset").GetInt64());
        _node.Deliver(_node.Upstream.Append("room:r", "after"));
        Assert.Equal(["after"], await DataAsync(socket, 1));
    }

    [Fact]
    public async Task Repetitions_are_dropped_and_crossed_messages_put_in_order()
    {
        using var socket = await RawWebSocket.OpenAsync(_node.Port, "user_id=u1&room_id=r");
        await socket.ReadAsync("joined");
        var messages = Enumerable.Range(1, 4).Select(i => _node.Upstream.Append("room:r", $"{i}")).ToList();
        _node.Deliver(messages[0]);
        _node.Deliver(messages[0]);
        _node.Deliver(messages[2]);
        _node.Deliver(messages[1]);
        _node.Deliver(messages[3]);
        Assert.Equal(["1", "2", "3", "4"], await DataAsync(socket, 4));
    }

    [Fact]
    public async Task A_hole_is_read_from_the_log_once_for_all()
    {
        using var one = await RawWebSocket.OpenAsync(_node.Port, "user_id=u1&room_id=r");
        using var two = await RawWebSocket.OpenAsync(_node.Port, "user_id=u2&room_id=r");
        await one.ReadAsync("joined");
        await two.ReadAsync("joined");
        var reads = _node.Upstream.Reads;
        var messages = Enumerable.Range(1, 5).Select(i => _node.Upstream.Append("room:r", $"{i}")).ToList();
        _node.Deliver(messages[0]);
        _node.Deliver(messages[4]);
        Assert.Equal(["1", "2", "3", "4", "5"], await DataAsync(one, 5));
        Assert.Equal(["1", "2", "3", "4", "5"], await DataAsync(two, 5));
        Assert.Equal(reads + 1, _node.Upstream.Reads);
    }

    [Fact]
    public async Task A_gap_told_by_the_link_is_read_from_the_log()
    {
        using var socket = await RawWebSocket.OpenAsync(_node.Port, "user_id=u1&room_id=r");
        await socket.ReadAsync("joined");
        var last = Enumerable.Range(1, 3).Select(i => _node.Upstream.Append("room:r", $"{i}")).ToList()[^1];
        _node.Channels.LaneOf("room:r").Post(new LaneWork(new Gap { Channel = "room:r", Until = last.Position }));
        Assert.Equal(["1", "2", "3"], await DataAsync(socket, 3));
    }

    [Fact]
    public async Task Both_encodings_get_the_same()
    {
        using var socket = await RawWebSocket.OpenAsync(_node.Port, "user_id=u1&room_id=r", "pubsub.protobuf.v1");
        await socket.ReadFrameAsync();
        await socket.ReadFrameAsync();
        _node.Deliver(_node.Upstream.Append("room:r", "hello"));
        var (first, payload) = await socket.ReadFrameAsync();
        Assert.Equal(0x82, first);
        Assert.Equal("hello", PubSub.Protocol.Client.ServerEnvelope.Parser.ParseFrom(payload).ServerMessages.Messages.Single().Data);
    }

    [Fact]
    public async Task Requests_are_answered_under_their_id()
    {
        using var socket = await RawWebSocket.OpenAsync(_node.Port);
        await socket.ReadAsync("connected");
        await socket.SendTextAsync("""{"type":"clientMessages","id":"a","payload":{"roomId":"r","content":"x"}}""");
        await ExpectErrorAsync(socket, "a", 105);
        await socket.SendTextAsync("""{"type":"join","id":"b","payload":{"roomId":"full"}}""");
        await ExpectErrorAsync(socket, "b", 104);
        await socket.SendTextAsync("""{"type":"join","id":"c","payload":{"roomId":""}}""");
        await ExpectErrorAsync(socket, "c", 100);
        await socket.SendTextAsync("""{"type":"join","id":"d","payload":{"roomId":"r"}}""");
        Assert.Equal("d", (await socket.ReadAsync("joined")).GetProperty("id").GetString());
        await socket.SendTextAsync("""{"type":"clientMessages","id":"e","payload":{"roomId":"r","content":"x"}}""");
        Assert.Equal(1, (await socket.ReadAsync("published")).GetProperty("payload").GetProperty("offset").GetInt64());
        await socket.SendTextAsync("""{"type":"presence","id":"f","payload":{"roomId":"r"}}""");
        Assert.Equal("f", (await socket.ReadAsync("presence")).GetProperty("id").GetString());
        await socket.SendTextAsync("""{"type":"history","id":"g","payload":{"channel":"room:r"}}""");
        Assert.Equal(1, (await socket.ReadAsync("history")).GetProperty("payload").GetProperty("messages").GetArrayLength());
        foreach (var data in new[] { "y", "z" })
            _node.Upstream.Append("room:r", data);
        await ExpectHistoryAsync(socket, "", "z");
        await ExpectHistoryAsync(socket, $"\"epoch\":{MemoryUpstream.Epoch},\"since\":0,", "x");
        await ExpectHistoryAsync(socket, $"\"epoch\":{MemoryUpstream.Epoch},\"since\":1,", "y");
        await socket.SendTextAsync("""{"type":"leave","id":"h","payload":{"roomId":"r"}}""");
        Assert.Equal("h", (await socket.ReadAsync("left")).GetProperty("id").GetString());
    }

    [Fact]
    public async Task Without_a_controller_the_connection_waits_and_comes_in_later()
    {
        _node.Upstream.IsAway = true;
        using var socket = await RawWebSocket.OpenAsync(_node.Port);
        await ExpectErrorAsync(socket, null, 200);
        _node.Upstream.IsAway = false;
        await socket.ReadAsync("connected");
    }

    [Fact]
    public async Task A_stopping_node_says_so_and_when_to_come_back()
    {
        using var socket = await RawWebSocket.OpenAsync(_node.Port);
        await socket.ReadAsync("connected");
        var stopping = _node.StopAsync();
        Assert.Equal(1001, (await socket.ReadAsync("disconnect")).GetProperty("payload").GetProperty("code").GetInt32());
        await socket.SendFrameAsync(0x88, 0x03, 0xe9);
        Assert.Equal(1001, await socket.ReadCloseAsync());
        await stopping;
    }

    private static async Task ExpectHistoryAsync(RawWebSocket socket, string since, string data)
    {
        await socket.SendTextAsync($$"""{"type":"history","id":"i","payload":{"channel":"room:r",{{since}}"limit":1} }""");
        var messages = (await socket.ReadAsync("history")).GetProperty("payload").GetProperty("messages");
        Assert.Equal(data, Assert.Single(messages.EnumerateArray()).GetProperty("data").GetString());
    }

    private static async Task ExpectErrorAsync(RawWebSocket socket, string? id, int code)
    {
        var error = await socket.ReadAsync("error");
        Assert.Equal(code, error.GetProperty("payload").GetProperty("code").GetInt32());
        if (id is not null)
            Assert.Equal(id, error.GetProperty("id").GetString());
    }

    private static async Task<List<string>> DataAsync(RawWebSocket socket, int count)
    {
        var data = new List<string>();
        while (data.Count < count)
        {
            var frame = await socket.ReadAsync("serverMessages");
            data.AddRange(frame.GetProperty("payload").GetProperty("messages").EnumerateArray().Select(static (JsonElement m) => m.GetProperty("data").GetString()!));
        }

        return data;
    }
}
