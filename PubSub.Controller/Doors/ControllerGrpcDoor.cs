using System.Globalization;
using Grpc.Core;
using PubSub.Controller.Sessions;
using PubSub.Controller.Statistics;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.ServiceDefaults.Feeds;

namespace PubSub.Controller.Doors;

/// <summary>ControllerService of controller.proto: each call checks what it was given, asks one capability and answers.</summary>
internal sealed class ControllerGrpcDoor(
    Answering answering, SessionCalls sessions, UserReader users, RoomCalls rooms, NodeCalls nodes,
    Nodes.ChannelNodes routing, StatisticsReader statistics, Kicks kicks, FeedWatch<ClusterEvent> events, IHostApplicationLifetime lifetime)
    : ControllerService.ControllerServiceBase
{
    public override Task<NotifyUserOnlineReply> NotifyUserOnline(NotifyUserOnlineRequest request, ServerCallContext context) =>
        answering.AnswerAsync(context, () => sessions.OnlineAsync(request, context.CancellationToken));

    public override Task<NotifyUserOfflineReply> NotifyUserOffline(NotifyUserOfflineRequest request, ServerCallContext context) =>
        answering.AnswerAsync(context, () => sessions.OfflineAsync(request, context.CancellationToken));

    public override Task<JoinRoomReply> JoinRoom(JoinRoomRequest request, ServerCallContext context) =>
        answering.AnswerAsync(context, () => sessions.JoinAsync(request));

    public override Task<LeaveRoomReply> LeaveRoom(LeaveRoomRequest request, ServerCallContext context) =>
        answering.AnswerAsync(context, () => sessions.LeaveAsync(request, rooms.EnsureAsync));

    public override Task<UpdateSessionsReply> UpdateSessions(UpdateSessionsRequest request, ServerCallContext context) =>
        answering.AnswerAsync(context, () => sessions.UpdateAsync(request, context.CancellationToken));

    public override Task<UserNodes> GetUserNode(GetUserNodeRequest request, ServerCallContext context) =>
        answering.AnswerAsync(context, () =>
        {
            RequestRules.Id("user_id", request.UserId);
            return users.DescribeAsync(request.UserId);
        });

    public override Task<RoomInfo> GetRoomInfo(GetRoomInfoRequest request, ServerCallContext context) =>
        answering.AnswerAsync(context, () => rooms.DescribeAsync(request));

    public override Task<RoomStats> GetRoomStats(GetRoomStatsRequest request, ServerCallContext context) =>
        answering.AnswerAsync(context, async () =>
        {
            RequestRules.Optional("room_id", request.RoomId);
            var whole = statistics.ReadAsync();
            var stats = request.RoomId.Length == 0 ? new RoomStats() : await rooms.StatsAsync(request.RoomId);
            var now = await whole;
            (stats.Rooms, stats.Users, stats.Sessions, stats.Nodes) = (now.Rooms, now.Users, now.Sessions, now.Nodes);
            return stats;
        });

    public override Task<RegisterNodeReply> RegisterNode(RegisterNodeRequest request, ServerCallContext context) =>
        answering.AnswerAsync(context, () => nodes.RegisterAsync(request));

    public override Task<NodeHeartbeatReply> NodeHeartbeat(NodeHeartbeatRequest request, ServerCallContext context) =>
        answering.AnswerAsync(context, () => nodes.HeartbeatAsync(request));

    public override Task<ResolveChannelsReply> ResolveChannels(ResolveChannelsRequest request, ServerCallContext context) =>
        answering.AnswerAsync(context, async () =>
        {
            RequestRules.Batch("channels", request.Channels.Count);
            var channels = new ChannelId[request.Channels.Count];
            for (var i = 0; i < channels.Length; i++)
            {
                if (!ChannelId.TryParse(request.Channels[i], out channels[i], out var complaint))
                    RequestRules.Complain($"channels[{i}]: {complaint}");
            }

            var reply = new ResolveChannelsReply();
            reply.Channels.AddRange(await routing.ResolveAsync(channels));
            return reply;
        });

    public override Task<Room> CreateRoom(CreateRoomRequest request, ServerCallContext context) =>
        answering.AnswerAsync(context, () => rooms.CreateAsync(request));

    public override Task<Room> UpdateRoom(UpdateRoomRequest request, ServerCallContext context) =>
        answering.AnswerAsync(context, () => rooms.UpdateAsync(request));

    public override Task<DeleteRoomReply> DeleteRoom(DeleteRoomRequest request, ServerCallContext context) =>
        answering.AnswerAsync(context, async () =>
        {
            RequestRules.Id("room_id", request.RoomId);
            var removed = await kicks.DeleteRoomAsync(request.RoomId, context.CancellationToken);
            return new DeleteRoomReply { UsersRemoved = removed.Users };
        });

    public override Task<ListRoomsReply> ListRooms(ListRoomsRequest request, ServerCallContext context) =>
        answering.AnswerAsync(context, () => rooms.ListAsync(request));

    public override Task<KickReply> Kick(KickRequest request, ServerCallContext context) =>
        answering.AnswerAsync(context, async () =>
        {
            RequestRules.Id("user_id", request.UserId);
            RequestRules.Optional("session_id", request.SessionId);
            RequestRules.Optional("room_id", request.RoomId);
            RequestRules.Optional("reason", request.Reason);
            return new KickReply { Sessions = await kicks.KickAsync(request, context.CancellationToken) };
        });

    public override Task WatchEvents(
        WatchEventsRequest request, IServerStreamWriter<ClusterEvent> responseStream, ServerCallContext context) =>
        answering.AnswerAsync(context, async () =>
        {
            if (request.After < 0)
                RequestRules.Complain("after is negative: give the number of the last event that you have, or 0 for all that are kept.");
            using var watch = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
            try
            {
                await events.RunAsync(
                    "", request.HasAfter ? request.After : null,
                    begun => context.WriteResponseHeadersAsync(new Metadata { { "after", begun.ToString(CultureInfo.InvariantCulture) } }),
                    happened => responseStream.WriteAsync(happened), watch.Token);
            }
            catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
            {
                throw new Refusal(RefusalKind.NodeAway, "This controller is stopping: go on at another one, after the last number that you have.");
            }

            return true;
        });
}
