using Grpc.Core;
using Microsoft.Extensions.Options;
using PubSub.ConnectNode.Channels;
using PubSub.ConnectNode.Delivery;
using PubSub.ConnectNode.Upstream;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.Protocol.Client;
using PubSub.Protocol.Outcomes;

namespace PubSub.ConnectNode.Sessions;

/// <summary>
/// Into rooms and out of them. The steps of a join and why they have this order: <see cref="NodeLane"/>. The answer is
/// written by the lane, before the first message that is owed.
/// </summary>
internal sealed class RoomEntry(ChannelTable channels, IControllerUplink controller, IOptions<NodeOptions> options)
{
    public Task JoinAsync(Session session, ClientEnvelope frame) => JoinAsync(session, frame.Id, frame.Join.RoomId, frame.Join.Position);

    public async Task JoinAsync(Session session, string requestId, string roomId, ChannelCursor? from)
    {
        Refusal.Require(IdRules.Complaint("roomId", roomId));
        Refusal.Require(Positions.Complaint(from));
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var userCount = 0;
        var subscription = new Subscription(session, ChannelId.Room(roomId))
        {
            From = Positions.Of(from),
            Activated = (_, start, error) =>
            {
                if (error is not null)
                {
                    answered.TrySetException(error);
                    return;
                }

                session.Send(new ServerEnvelope
                {
                    Id = requestId,
                    Joined = new Joined { RoomId = roomId, UserCount = userCount, Channel = Positions.Told(ChannelId.Room(roomId), start) },
                });
                answered.TrySetResult();
            },
        };

        var lane = channels.LaneOf(subscription.Channel.Text);
        Task<SessionChangeOutcome> joining;
        lock (session.Gate)
        {
            // Beside user:{id} and all.
            if (session.SubscriptionCount - 2 >= options.Value.MaxRoomsPerSession)
                throw new RequestRefusedException(ErrorCode.TooManyRooms, $"One connection may be in {options.Value.MaxRoomsPerSession} rooms.");
            if (session.IsEnding)
                return;
            if (!session.TryAddLocked(subscription))
                throw new RequestRefusedException(ErrorCode.AlreadyJoined, $"This session is in {roomId} already.");
            lane.Post(new LaneCommand.BeginJoin(subscription));
            joining = controller.ApplyAsync(new SessionChange
            {
                Join = new SessionJoin
                {
                    SessionId = session.Id,
                    UserId = session.User!.UserId,
                    UserName = session.User.UserName,
                    RoomId = roomId,
                    CreateRoom = options.Value.CreateRooms,
                },
            }, CancellationToken.None);
        }

        var mayBeIn = true;
        try
        {
            var outcome = await joining;
            mayBeIn = outcome.Code == 0;
            if (!mayBeIn)
                throw new RequestRefusedException(Refusal.CodeOf((StatusCode)outcome.Code), outcome.Error);
            userCount = outcome.UserCount;
            lane.Post(new LaneCommand.Activate(subscription));
            await answered.Task;
        }
        catch
        {
            lane.Post(new LaneCommand.Remove(subscription));
            if (session.Remove(subscription) && mayBeIn)
                TellLeave(session, roomId);
            throw;
        }
    }

    public Task LeaveAsync(Session session, ClientEnvelope frame)
    {
        var roomId = frame.Leave.RoomId;
        Refusal.Require(IdRules.Complaint("roomId", roomId));
        if (session.Find(ChannelId.Room(roomId)) is not { IsIn: true } subscription || !session.Remove(subscription))
            throw new RequestRefusedException(ErrorCode.NotInRoom, $"This session is not in {roomId}.");

        TellLeave(session, roomId);
        channels.LaneOf(subscription.Channel.Text).Post(new LaneCommand.Remove(
            subscription, () => session.Send(new ServerEnvelope { Id = frame.Id, Left = new Left { RoomId = roomId } })));
        return Task.CompletedTask;
    }

    /// <summary>
    /// Out of a room against the client's will. The controller asked for it and sees to its own records. False: the
    /// session was not in the room.
    /// </summary>
    public bool PutOut(Session session, string roomId, string reason)
    {
        if (session.Find(ChannelId.Room(roomId)) is not { } subscription || !session.Remove(subscription))
            return false;

        channels.LaneOf(subscription.Channel.Text).Post(new LaneCommand.Remove(
            subscription, () => session.Send(new ServerEnvelope { Left = new Left { RoomId = roomId, Reason = reason } })));
        return true;
    }

    private void TellLeave(Session session, string roomId) => controller.Post(new SessionChange
    {
        Leave = new SessionLeave { SessionId = session.Id, UserId = session.User!.UserId, RoomId = roomId },
    });
}
