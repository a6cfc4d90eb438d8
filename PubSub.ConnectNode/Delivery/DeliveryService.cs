using Grpc.Core;
using PubSub.ConnectNode.Channels;
using PubSub.ConnectNode.Sessions;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.Protocol.Outcomes;

namespace PubSub.ConnectNode.Delivery;

/// <summary>What push managers and tools call.</summary>
internal sealed class DeliveryService(
    ChannelTable channels, SessionTable sessions, RoomEntry rooms, NodeStatus status, IHostApplicationLifetime lifetime)
    : ConnectNodeService.ConnectNodeServiceBase
{
    private const int MaxReason = 100;

    public override async Task Deliver(
        IAsyncStreamReader<DeliveryBatch> requestStream, IServerStreamWriter<DeliveryAck> responseStream, ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        await context.WriteResponseHeadersAsync(new Metadata { { DeliveryStream.TakenHeader, "1" } });
        var window = new AckWindow();
        var acks = WriteAcksAsync(window, responseStream, ending.Token);
        try
        {
            while (await requestStream.MoveNext(ending.Token))
                await TakeAsync(requestStream.Current, window, ending.Token);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // The link's end, or ours; what was taken is delivered either way.
        }

        await window.DrainedAsync(ending.Token);
        await ending.CancelAsync();
        await acks;
    }

    public override async Task<NodePushReply> Push(NodePushRequest request, ServerCallContext context)
    {
        var channel = ParseChannel(request.Channel);
        if (request.Content is null)
            throw Invalid("content is missing.");
        var receipt = new SingleReceipt();
        var message = new ChannelMessage
        {
            Channel = channel.Text,
            MessageId = Guid.CreateVersion7().ToString("N"),
            Content = request.Content,
        };
        if (message.Content.Timestamp == 0)
            message.Content.Timestamp = status.Now.ToUnixTimeMilliseconds();
        channels.LaneOf(channel.Text).Post(new LaneWork(message, Receipt: receipt));
        return new NodePushReply { SessionsReached = await receipt.Done.WaitAsync(context.CancellationToken) };
    }

    public override Task<NodeKickReply> Kick(NodeKickRequest request, ServerCallContext context)
    {
        if (request.UserId.Length == 0 && request.SessionId.Length == 0 && request.RoomId.Length == 0)
            throw Invalid("user_id, session_id and room_id are all empty: give one of them.");
        if (request.Reason.Length > MaxReason)
            throw Invalid($"reason is longer than {MaxReason} characters.");

        var kicked = 0;
        foreach (var session in Named(request))
        {
            if (request.RoomId.Length > 0)
            {
                kicked += rooms.PutOut(session, request.RoomId, request.Reason) ? 1 : 0;
                continue;
            }

            session.End(DisconnectReason.Kicked, request.Reason);
            kicked++;
        }

        return Task.FromResult(new NodeKickReply { Sessions = kicked });
    }

    public override Task<NodeStats> GetStats(NodeStatsRequest request, ServerCallContext context) => Task.FromResult(status.ToProto());

    /// <summary>Whom a kick names; a room alone names everybody, because it was deleted.</summary>
    private List<Session> Named(NodeKickRequest request)
    {
        if (request.UserId.Length > 0)
            return [.. sessions.OfUser(request.UserId).Where(session => request.SessionId.Length == 0 || session.Id == request.SessionId)];
        if (request.SessionId.Length > 0)
            return sessions.Find(request.SessionId) is { } found ? [found] : [];
        return [.. sessions.All];
    }

    private async Task TakeAsync(DeliveryBatch batch, AckWindow window, CancellationToken cancellationToken)
    {
        if (!await window.OpenAsync(batch.FirstSequence, batch.Deliveries.Count, cancellationToken))
            throw Invalid("first_sequence does not follow the deliveries before it.");
        for (var i = 0; i < batch.Deliveries.Count; i++)
        {
            var delivery = batch.Deliveries[i];
            object subject = delivery.Gap is { } gap ? gap : delivery.Message;
            if (subject is null)
                throw Invalid("a delivery holds neither a message nor a gap.");
            var channel = delivery.Message?.Channel ?? delivery.Gap.Channel;
            channels.LaneOf(channel).Post(new LaneWork(subject, delivery.TraceParent, window, batch.FirstSequence + i, delivery.SlowReaders));
        }
    }

    private static async Task WriteAcksAsync(AckWindow window, IServerStreamWriter<DeliveryAck> output, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
                await output.WriteAsync(await window.NextAsync(cancellationToken), cancellationToken);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or InvalidOperationException)
        {
            // Nobody listens any more; the push manager counts what was not acknowledged as open.
        }
    }

    private static ChannelId ParseChannel(string text) =>
        ChannelId.TryParse(text, out var channel, out var complaint) ? channel : throw Invalid(complaint);

    private static RpcException Invalid(string complaint) => new(new Status(StatusCode.InvalidArgument, complaint));

    private sealed class SingleReceipt : IDeliveryReceipt
    {
        private readonly TaskCompletionSource<int> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<int> Done => _done.Task;

        public void Complete(long sequence, int sessions) => _done.TrySetResult(sessions);
    }
}
