using Grpc.Core;
using PubSub.Protocol;

namespace PubSub.Tests.Integration.Controller.Doors;

[Collection(SharedController.Name)]
public sealed class BadRequestsWriteNothing(ControllerFixture fixture)
{
    private static readonly string TooLong = new('x', 257);

    private static readonly string[] BadIds = ["", TooLong, "a\u0001b", "a\nb", "\u007f"];

    private static readonly Dictionary<string, Func<ControllerService.ControllerServiceClient, string, Task>> IdFields = new()
    {
        ["NotifyUserOnline.user_id"] = (c, id) => c.NotifyUserOnlineAsync(new() { UserId = id, NodeId = "bad-n" }).ResponseAsync,
        ["NotifyUserOnline.node_id"] = (c, id) => c.NotifyUserOnlineAsync(new() { UserId = "u", NodeId = id }).ResponseAsync,
        ["NotifyUserOffline.user_id"] = (c, id) => c.NotifyUserOfflineAsync(new() { UserId = id }).ResponseAsync,
        ["JoinRoom.room_id"] = (c, id) => c.JoinRoomAsync(new() { UserId = "u", RoomId = id }).ResponseAsync,
        ["JoinRoom.user_id"] = (c, id) => c.JoinRoomAsync(new() { UserId = id, RoomId = "r" }).ResponseAsync,
        ["LeaveRoom.room_id"] = (c, id) => c.LeaveRoomAsync(new() { UserId = "u", RoomId = id }).ResponseAsync,
        ["LeaveRoom.user_id"] = (c, id) => c.LeaveRoomAsync(new() { UserId = id, RoomId = "r" }).ResponseAsync,
        ["GetRoomInfo.room_id"] = (c, id) => c.GetRoomInfoAsync(new() { RoomId = id }).ResponseAsync,
        ["GetUserNode.user_id"] = (c, id) => c.GetUserNodeAsync(new() { UserId = id }).ResponseAsync,
        ["RegisterNode.node_id"] = (c, id) => c.RegisterNodeAsync(new() { NodeId = id }).ResponseAsync,
        ["NodeHeartbeat.node_id"] = (c, id) => c.NodeHeartbeatAsync(new() { NodeId = id }).ResponseAsync,
        ["UpdateSessions.node.node_id"] = (c, id) => c.UpdateSessionsAsync(new() { Node = new() { NodeId = id } }).ResponseAsync,
        ["CreateRoom.room_id"] = (c, id) => c.CreateRoomAsync(new() { RoomId = id }).ResponseAsync,
        ["UpdateRoom.room_id"] = (c, id) => c.UpdateRoomAsync(new() { RoomId = id }).ResponseAsync,
        ["DeleteRoom.room_id"] = (c, id) => c.DeleteRoomAsync(new() { RoomId = id }).ResponseAsync,
        ["Kick.user_id"] = (c, id) => c.KickAsync(new() { UserId = id }).ResponseAsync,
    };

    private static readonly Dictionary<string, Func<ControllerService.ControllerServiceClient, Task>> Others = new()
    {
        ["incarnation"] = c => c.NotifyUserOnlineAsync(new() { UserId = "u", NodeId = "n", Incarnation = -1 }).ResponseAsync,
        ["room_id "] = c => c.NotifyUserOnlineAsync(new() { UserId = "u", NodeId = "n", RoomId = TooLong }).ResponseAsync,
        ["session_id"] = c => c.NotifyUserOnlineAsync(new() { UserId = "u", NodeId = "n", SessionId = "a\nb" }).ResponseAsync,
        ["user_name"] = c => c.NotifyUserOnlineAsync(new() { UserId = "u", NodeId = "n", UserName = "a\nb" }).ResponseAsync,
        ["max_users"] = c => c.CreateRoomAsync(new() { RoomId = "r", MaxUsers = -5 }).ResponseAsync,
        ["log.max_messages"] = c => c.CreateRoomAsync(new() { RoomId = "r", Log = new() { MaxMessages = -1 } }).ResponseAsync,
        ["log.max_age_seconds"] = c => c.CreateRoomAsync(new() { RoomId = "r", Log = new() { MaxAgeSeconds = -1 } }).ResponseAsync,
        ["grpc_port"] = c => c.RegisterNodeAsync(new() { NodeId = "n", GrpcPort = 70_000 }).ResponseAsync,
        ["http_port"] = c => c.RegisterNodeAsync(new() { NodeId = "n", HttpPort = -1 }).ResponseAsync,
        ["connections"] = c => c.NodeHeartbeatAsync(new() { NodeId = "n", Connections = -1 }).ResponseAsync,
        ["limit"] = c => c.ListRoomsAsync(new() { Limit = 1001 }).ResponseAsync,
        ["max_members"] = c => c.GetRoomInfoAsync(new() { RoomId = "r", MaxMembers = -1 }).ResponseAsync,
        ["channels[1]"] = c => c.ResolveChannelsAsync(new() { Channels = { "all", "rooms:x" } }).ResponseAsync,
    };

    public static TheoryData<string> IdFieldNames => [.. IdFields.Keys];

    public static TheoryData<string> OtherNames => [.. Others.Keys];

    [Theory]
    [MemberData(nameof(IdFieldNames))]
    public async Task An_id_that_cannot_be_one_is_refused_with_the_name_of_its_field(string field)
    {
        var before = await fixture.Controller.KeyCountAsync();
        foreach (var bad in BadIds)
        {
            var refusal = await Assert.ThrowsAsync<RpcException>(() => IdFields[field](fixture.Controller.Calls, bad));

            Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
            Assert.StartsWith(field[(field.IndexOf('.', StringComparison.Ordinal) + 1)..] + " ", refusal.Status.Detail, StringComparison.Ordinal);
        }

        Assert.Equal(before, await fixture.Controller.KeyCountAsync());
    }

    [Theory]
    [MemberData(nameof(OtherNames))]
    public async Task A_value_out_of_range_is_refused_with_the_name_of_its_field(string field)
    {
        var before = await fixture.Controller.KeyCountAsync();

        var refusal = await Assert.ThrowsAsync<RpcException>(() => Others[field](fixture.Controller.Calls));

        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
        Assert.StartsWith(field.Trim(), refusal.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(before, await fixture.Controller.KeyCountAsync());
    }

    [Theory]
    [InlineData("room_id", "GetRoomInfo")]
    [InlineData("room_id", "UpdateRoom")]
    [InlineData("room_id", "DeleteRoom")]
    [InlineData("room_id", "LeaveRoom")]
    [InlineData("room_id", "GetRoomStats")]
    [InlineData("user_id", "GetUserNode")]
    [InlineData("user_id", "JoinRoom")]
    [InlineData("user_id", "NotifyUserOffline")]
    [InlineData("user_id", "Kick")]
    [InlineData("node_id", "NotifyUserOnline")]
    [InlineData("node_id", "UpdateSessions")]
    public async Task What_does_not_exist_is_not_found_by_the_name_of_its_field(string field, string method)
    {
        var calls = fixture.Controller.Calls;
        var before = await fixture.Controller.KeyCountAsync();

        Task call = method switch
        {
            "GetRoomInfo" => calls.GetRoomInfoAsync(new() { RoomId = "no-room" }).ResponseAsync,
            "UpdateRoom" => calls.UpdateRoomAsync(new() { RoomId = "no-room", MaxUsers = 5 }).ResponseAsync,
            "DeleteRoom" => calls.DeleteRoomAsync(new() { RoomId = "no-room" }).ResponseAsync,
            "LeaveRoom" => calls.LeaveRoomAsync(new() { RoomId = "no-room", UserId = "nobody" }).ResponseAsync,
            "GetRoomStats" => calls.GetRoomStatsAsync(new() { RoomId = "no-room" }).ResponseAsync,
            "GetUserNode" => calls.GetUserNodeAsync(new() { UserId = "nobody" }).ResponseAsync,
            "JoinRoom" => calls.JoinRoomAsync(new() { RoomId = "no-room", UserId = "nobody" }).ResponseAsync,
            "NotifyUserOffline" => calls.NotifyUserOfflineAsync(new() { UserId = "nobody" }).ResponseAsync,
            "Kick" => calls.KickAsync(new() { UserId = "nobody" }).ResponseAsync,
            "NotifyUserOnline" => calls.NotifyUserOnlineAsync(new() { UserId = "u", NodeId = "no-node" }).ResponseAsync,
            _ => calls.UpdateSessionsAsync(new() { Node = new() { NodeId = "no-node" }, Changes = { Change.Online("u", "s") } }).ResponseAsync,
        };
        var refusal = await Assert.ThrowsAsync<RpcException>(() => call);

        Assert.Equal(StatusCode.NotFound, refusal.StatusCode);
        Assert.StartsWith(field, refusal.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(before, await fixture.Controller.KeyCountAsync());
    }

    [Fact]
    public async Task A_bad_change_of_a_batch_is_refused_alone()
    {
        await fixture.Controller.RegisterAsync("batch-n");

        var reply = await fixture.Controller.Calls.UpdateSessionsAsync(new()
        {
            Node = new() { NodeId = "batch-n", Incarnation = 1 },
            Changes = { Change.Online("batch-u", "s"), Change.Online("", "s"), new SessionChange(), Change.Offline("batch-u", "s") },
        });

        Assert.Equal([0, 3, 3, 0], reply.Outcomes.Select(outcome => outcome.Code));
        Assert.StartsWith("user_id", reply.Outcomes[1].Error, StringComparison.Ordinal);
    }
}
