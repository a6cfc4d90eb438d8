using System.Text.Json;
using Grpc.Core;
using PubSub.Protocol;

namespace PubSub.Tests.Integration.Controller.Doors;

/// <summary>What a person does with grpcurl: few fields, no sessions, no incarnations.</summary>
[Collection(SharedController.Name)]
public sealed class ToolsCanPlayANode(ControllerFixture fixture)
{
    private ControllerProcess Controller => fixture.Controller;

    [Fact]
    public async Task Online_with_a_room_creates_and_joins_it()
    {
        await Controller.RegisterAsync("tool-n1", 0);

        var reply = await Controller.Calls.NotifyUserOnlineAsync(
            new() { UserId = "tool-alice", UserName = "Alice", NodeId = "tool-n1", RoomId = "tool-room" });

        Assert.Equal(1, reply.Devices);
        var info = await Controller.Calls.GetRoomInfoAsync(new() { RoomId = "tool-room" });
        Assert.Equal((1, 100, "Alice"), (info.UserCount, info.Room.MaxUsers, info.Members.Single().UserName));
        Assert.Equal(["tool-n1"], info.NodeIds);
        var user = await Controller.Calls.GetUserNodeAsync(new() { UserId = "tool-alice" });
        Assert.True(user.Online);
        Assert.Equal(("tool-alice", "tool-n1"), (user.Sessions.Single().SessionId, user.Sessions.Single().NodeId));
        using var json = JsonDocument.Parse((string)(await Controller.Redis.CommandAsync("GET", "room:tool-room"))!);
        Assert.Equal("tool-room", json.RootElement.GetProperty("room_id").GetString());
    }

    [Fact]
    public async Task Join_leave_and_offline_work_by_user_alone()
    {
        await Controller.RegisterAsync("by-user-n");
        await Controller.OnlineAsync("by-user-u", "by-user-n");
        await Controller.Calls.CreateRoomAsync(new() { RoomId = "by-user-r" });

        var joined = await Controller.Calls.JoinRoomAsync(new() { RoomId = "by-user-r", UserId = "by-user-u" });
        var left = await Controller.Calls.LeaveRoomAsync(new() { RoomId = "by-user-r", UserId = "by-user-u" });
        await Controller.Calls.JoinRoomAsync(new() { RoomId = "by-user-r", UserId = "by-user-u" });
        var offline = await Controller.Calls.NotifyUserOfflineAsync(new() { UserId = "by-user-u" });

        Assert.Equal((1, 0, 0), (joined.UserCount, left.UserCount, offline.Devices));
        Assert.Equal(["by-user-r"], offline.RoomsLeft);
    }

    [Fact]
    public async Task A_full_room_refuses_with_words_and_the_session_does_not_stay()
    {
        await Controller.RegisterAsync("full-n");
        await Controller.Calls.CreateRoomAsync(new() { RoomId = "full-r", MaxUsers = 1 });
        await Controller.OnlineAsync("full-u1", "full-n", "full-r");

        var refusal = await Assert.ThrowsAsync<RpcException>(() => Controller.OnlineAsync("full-u2", "full-n", "full-r"));

        Assert.Equal(StatusCode.ResourceExhausted, refusal.StatusCode);
        Assert.Contains("room 'full-r' is full: all 1 places are taken", refusal.Status.Detail, StringComparison.Ordinal);
        var user = await Assert.ThrowsAsync<RpcException>(() => Controller.Calls.GetUserNodeAsync(new() { UserId = "full-u2" }).ResponseAsync);
        Assert.Equal(StatusCode.NotFound, user.StatusCode);
    }

    [Fact]
    public async Task Rooms_are_created_changed_listed_and_deleted()
    {
        var calls = Controller.Calls;
        await Controller.RegisterAsync("life-n");
        foreach (var id in new[] { "life-b", "life-a", "life-c" })
            await calls.CreateRoomAsync(new() { RoomId = id, Log = new() { MaxMessages = 7 } });
        await Controller.OnlineAsync("life-u", "life-n", "life-b");

        var again = await Assert.ThrowsAsync<RpcException>(() => calls.CreateRoomAsync(new() { RoomId = "life-a" }).ResponseAsync);
        var conflates = await calls.UpdateRoomAsync(new() { RoomId = "life-a", SlowReaders = SlowReaderPolicy.Conflate });
        Assert.Equal(SlowReaderPolicy.Conflate, conflates.SlowReaders);
        var changed = await calls.UpdateRoomAsync(new() { RoomId = "life-a", MaxUsers = 3 });
        Assert.Equal(SlowReaderPolicy.Conflate, changed.SlowReaders);
        Assert.Equal(SlowReaderPolicy.Conflate, (await calls.ResolveChannelsAsync(new() { Channels = { "room:life-a" } })).Channels[0].SlowReaders);
        var first = await calls.ListRoomsAsync(new() { After = "life", Limit = 2 });
        var second = await calls.ListRoomsAsync(new() { After = first.Next, Limit = 2 });
        var deleted = await calls.DeleteRoomAsync(new() { RoomId = "life-b" });
        var resolved = await calls.ResolveChannelsAsync(new() { Channels = { "room:life-b", "room:life-a" } });

        Assert.Equal(StatusCode.AlreadyExists, again.StatusCode);
        Assert.Equal((3, 7, "life-a"), (changed.MaxUsers, changed.Log.MaxMessages, changed.Name));
        Assert.Equal(["life-a 0", "life-b 1", "life-c 0"], first.Rooms.Concat(second.Rooms).Take(3).Select(room => $"{room.Room.RoomId} {room.UserCount}"));
        Assert.Equal(1, deleted.UsersRemoved);
        Assert.Equal([false, true], resolved.Channels.Select(channel => channel.RoomExists));
        Assert.Empty((await calls.GetUserNodeAsync(new() { UserId = "life-u" })).Sessions.Single().RoomIds);
    }

    [Fact]
    public async Task A_kick_out_of_a_room_leaves_the_session_and_one_without_a_room_ends_it()
    {
        var calls = Controller.Calls;
        await Controller.RegisterAsync("kick-n");
        await Controller.OnlineAsync("kick-u", "kick-n", "kick-r", "s1");
        await Controller.OnlineAsync("kick-u", "kick-n", "kick-r", "s2");

        var outOfRoom = await calls.KickAsync(new() { UserId = "kick-u", SessionId = "s1", RoomId = "kick-r" });
        var between = await calls.GetUserNodeAsync(new() { UserId = "kick-u" });
        var all = await calls.KickAsync(new() { UserId = "kick-u", Reason = "spam" });

        Assert.Equal((1, 2), (outOfRoom.Sessions, all.Sessions));
        Assert.Equal(["s1:", "s2:kick-r"], between.Sessions.Select(s => $"{s.SessionId}:{string.Join(' ', s.RoomIds)}").Order(StringComparer.Ordinal));
        await Assert.ThrowsAsync<RpcException>(() => calls.GetUserNodeAsync(new() { UserId = "kick-u" }).ResponseAsync);
    }

    [Fact]
    public async Task A_kick_from_a_node_that_does_not_answer_says_so_and_changes_nothing()
    {
        await Controller.Calls.RegisterNodeAsync(new() { NodeId = "deaf-n", Address = "127.0.0.1", GrpcPort = 1 });
        await Controller.OnlineAsync("deaf-u", "deaf-n");

        var refusal = await Assert.ThrowsAsync<RpcException>(() => Controller.Calls.KickAsync(new() { UserId = "deaf-u" }).ResponseAsync);

        Assert.Equal(StatusCode.Unavailable, refusal.StatusCode);
        Assert.Contains("deaf-n", refusal.Status.Detail, StringComparison.Ordinal);
        Assert.Single((await Controller.Calls.GetUserNodeAsync(new() { UserId = "deaf-u" })).Sessions);
    }
}
