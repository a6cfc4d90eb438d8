using Grpc.Core;
using PubSub.ConnectNode.Channels;
using PubSub.ConnectNode.Delivery;
using PubSub.Protocol.Channels;
using PubSub.Protocol.Client;
using PubSub.Protocol.Outcomes;

namespace PubSub.ConnectNode.Sessions;

/// <summary>How far the devices of users have got: what clients acknowledge, and what their close stands for.</summary>
internal sealed class Inbox(ChannelTable channels)
{
    /// <summary>Answered when it is stored.</summary>
    public static async Task AckAsync(Session session, ClientEnvelope frame)
    {
        await Move(session, frame.Ack);
        session.Answer(new ServerEnvelope { Id = frame.Id, Acked = new Acked() });
    }

    /// <summary>
    /// The client closed in the agreed way. A session that names no device does not acknowledge: what was written to it
    /// counts. The user's channel is left first, so that nothing can come in between.
    /// </summary>
    public async Task CloseAsync(Session session)
    {
        if (session.Cursor is not { } cursor || session.DeviceId.Length > 0
            || session.Find(ChannelId.User(session.User!.UserId)) is not { IsIn: true } subscription || !session.Remove(subscription))
        {
            return;
        }

        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        channels.LaneOf(subscription.Channel.Text).Post(new LaneCommand.Remove(subscription, left.SetResult));
        await left.Task;
        if (!session.Writer.IsIdle || !subscription.Reached.IsLogged || subscription.Reached == subscription.Start)
            return;
        try
        {
            await cursor.MoveAsync(subscription.Start, subscription.Reached, isRead: false);
        }
        catch (RpcException)
        {
            // Then it comes again, which is better than never. The uplink counts the failure.
        }
    }

    private static Task Move(Session session, Ack ack)
    {
        var began = default(ChannelPosition);
        foreach (var cursor in ack.Positions)
        {
            if (!ChannelId.TryParse(cursor.Channel, out var channel, out var complaint))
                throw new RequestRefusedException(ErrorCode.BadRequest, complaint);
            Refusal.Require(Positions.Complaint(cursor));
            var subscription = session.Find(channel)
                ?? throw new RequestRefusedException(ErrorCode.NotInRoom, $"{cursor.Channel} is no channel of this session.");
            if (channel.Kind is ChannelKind.User)
                began = subscription.Start;
        }

        var moved = Task.CompletedTask;
        foreach (var cursor in ack.Positions)
        {
            if (cursor.Channel == session.Cursor!.Channel && Positions.Of(cursor) is { } position)
                moved = session.Cursor.MoveAsync(began, position, ack.Read);
        }

        return moved;
    }
}
