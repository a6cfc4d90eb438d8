using System.Text;
using System.Text.Unicode;
using Grpc.Core;
using PubSub.ConnectNode.Upstream;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.Protocol.Compat.Comet;

namespace PubSub.ConnectNode.Doors;

/// <summary>
/// ChatRoom.Comet.Comet/BroadcastRoom, for callers that know it from elsewhere: the same push as any other. It reaches
/// the room on all nodes, whichever node was asked.
/// </summary>
internal sealed class CometDoor(IPushUplink push) : Comet.CometBase
{
    public override async Task<BroadcastRoomReply> BroadcastRoom(BroadcastRoomReq request, ServerCallContext context)
    {
        if (IdRules.Complaint("roomId", request.RoomId) is { } complaint)
            throw new RpcException(new Status(StatusCode.InvalidArgument, complaint));
        if (request.Proto is null || request.Proto.Body.IsEmpty)
            throw new RpcException(new Status(StatusCode.InvalidArgument, "proto.body is empty: give the message's bytes."));

        var outcome = await push.PublishAsync(
            new Push { Channel = ChannelId.Room(request.RoomId).Text, Content = ToContent(request.Proto) },
            context.CancellationToken);
        if (outcome.Code != (int)StatusCode.OK)
            throw new RpcException(new Status((StatusCode)outcome.Code, outcome.Error));
        return new BroadcastRoomReply();
    }

    /// <summary>Bytes that are text travel as text, so that clients of both encodings read them.</summary>
    private static Content ToContent(Proto proto)
    {
        var content = Utf8.IsValid(proto.Body.Span)
            ? new Content { Type = MessageType.Text, Data = Encoding.UTF8.GetString(proto.Body.Span) }
            : new Content { Type = MessageType.Custom, Binary = proto.Body };
        if (proto.Op != 0)
            content.Metadata["op"] = proto.Op.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return content;
    }
}
