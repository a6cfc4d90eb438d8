using Google.Protobuf;
using Grpc.Core;
using PubSub.Protocol.Compat.Broadcast;
using PubSub.Protocol.Compat.Comet;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Cluster;

/// <summary>The compatibility doors are the same push as any other; ARCHITECTURE.md, "Compatibility doors".</summary>
[Collection(SharedCluster.Name)]
public sealed class CallersFromElsewhereAreServed(ClusterFixture fixture)
{
    private readonly TestCluster _cluster = fixture.Cluster;
    private readonly string _room = fixture.NewName("room");

    [Fact]
    public async Task Comet_on_one_node_reaches_the_room_on_another()
    {
        await using var member = await ClusterClient.ConnectAsync(_cluster.NodeUri(0), fixture.NewName("user"), _room);
        var comet = new Comet.CometClient(_cluster.Channel(_cluster.NodeGrpcPorts[1]));

        await comet.BroadcastRoomAsync(new BroadcastRoomReq { RoomId = _room, Proto = new Proto { Op = 5, Body = ByteString.CopyFromUtf8("by comet") } });

        await member.ForDeliveryAsync("by comet");
    }

    [Fact]
    public async Task Comet_says_what_is_wrong_with_a_call()
    {
        var comet = new Comet.CometClient(_cluster.Channel(_cluster.NodeGrpcPorts[1]));

        var noRoom = await Assert.ThrowsAsync<RpcException>(
            async () => await comet.BroadcastRoomAsync(new BroadcastRoomReq { Proto = new Proto { Body = ByteString.CopyFromUtf8("x") } }));
        var noBody = await Assert.ThrowsAsync<RpcException>(async () => await comet.BroadcastRoomAsync(new BroadcastRoomReq { RoomId = _room }));
        var unknown = await Assert.ThrowsAsync<RpcException>(async () => await comet.BroadcastRoomAsync(
            new BroadcastRoomReq { RoomId = "nobody-made-it", Proto = new Proto { Body = ByteString.CopyFromUtf8("x") } }));

        Assert.Equal(
            (StatusCode.InvalidArgument, StatusCode.InvalidArgument, StatusCode.NotFound), (noRoom.StatusCode, noBody.StatusCode, unknown.StatusCode));
        Assert.Contains("roomId", noRoom.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("proto.body", noBody.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PushServer_reaches_the_room_and_answers_code_0()
    {
        await using var member = await ClusterClient.ConnectAsync(_cluster.NodeUri(2), fixture.NewName("user"), _room);
        var door = new PushServer.PushServerClient(_cluster.Channel(_cluster.PushPorts[1]));

        var reply = await door.BroadcastAsync(new BroadCastReq { RoomId = _room, Content = "by push server" });

        Assert.Equal("0", reply.Code);
        await member.ForDeliveryAsync("by push server");
        var refused = await door.BroadcastAsync(new BroadCastReq { RoomId = "nobody-made-it", Content = "x" });
        Assert.Equal((((int)StatusCode.NotFound).ToString(System.Globalization.CultureInfo.InvariantCulture), "NotFound"), (refused.Code, refused.Desc));
    }
}
