using System.Globalization;
using Grpc.Core;
using PubSub.Protocol;
using PubSub.Protocol.Compat.Broadcast;

namespace PubSub.PushManager.Doors;

/// <summary>
/// broadcast.PushServer for those who call it already: text to a room. It never fails as a call; code "0" is success,
/// any other code is the number of a gRPC status.
/// </summary>
internal sealed class BroadcastDoor(DoorDesk desk) : PushServer.PushServerBase
{
    public override Task<BroadCastReply> Broadcast(BroadCastReq request, ServerCallContext context) =>
        desk.AnswerAsync("Broadcast", async () =>
        {
            var input = DoorInput.ToRoom(request.RoomId, new Content { Data = request.Content }, "", null);
            var outcome = await desk.PublishAsync(input, context.CancellationToken);
            return outcome.Reply is { } reply
                ? new BroadCastReply { Code = "0", Msg = "success", Desc = $"message {reply.MessageId}, {reply.SessionsReached} sessions on {reply.NodesReached} nodes" }
                : new BroadCastReply
                {
                    Code = ((int)outcome.Code).ToString(CultureInfo.InvariantCulture),
                    Msg = outcome.Error,
                    Desc = outcome.Code.ToString(),
                };
        });
}
