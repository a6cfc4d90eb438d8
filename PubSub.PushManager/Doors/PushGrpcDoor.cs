using Grpc.Core;
using Microsoft.Extensions.Options;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.PushManager.Log;
using PubSub.PushManager.Publishing;
using PubSub.PushManager.Receipts;

namespace PubSub.PushManager.Doors;

/// <summary>PushManagerService: what comes in is checked and made one Publish, what comes out is its outcome.</summary>
internal sealed class PushGrpcDoor(
    DoorDesk desk, LogReader reader, Acknowledgements acknowledgements, MessageStatusReader statuses, ReceiptDoor receipts,
    IOptions<PublishOptions> options)
    : PushManagerService.PushManagerServiceBase
{
    private readonly int _maxBatch = options.Value.MaxBatch;

    public override Task<PushReply> PushToRoom(PushToRoomRequest request, ServerCallContext context) =>
        PushAsync("PushToRoom", DoorInput.ToRoom(request.RoomId, request.Content, request.MessageId, request.Sender), context);

    public override Task<PushReply> PushToUser(PushToUserRequest request, ServerCallContext context) =>
        PushAsync("PushToUser", DoorInput.ToUser(request.UserId, request.Content, request.MessageId, request.Sender).WithReceiptsTo(request.ReceiptsTo), context);

    public override Task<PushReply> BroadcastMessage(BroadcastMessageRequest request, ServerCallContext context) =>
        PushAsync("BroadcastMessage", DoorInput.ToAll(request.Content, request.MessageId, request.Sender), context);

    public override Task<PushBatchReply> PushBatch(PushBatchRequest request, ServerCallContext context) =>
        desk.AnswerAsync("PushBatch", async () =>
        {
            ThrowIfTooMany("pushes", request.Pushes.Count);
            var reply = new PushBatchReply();
            foreach (var outcome in await desk.PublishAsync(request.Pushes.Select(DoorInput.From), context.CancellationToken))
                reply.Outcomes.Add(new PushOutcome { Code = (int)outcome.Code, Error = outcome.Error, Reply = outcome.Reply });
            return reply;
        });

    public override Task<ReadLogReply> ReadLog(ReadLogRequest request, ServerCallContext context) =>
        desk.AnswerAsync("ReadLog", async () =>
        {
            ThrowIfTooMany("ranges", request.Ranges.Count);
            var queries = request.Ranges.Select(ToQuery).ToList();
            var reply = new ReadLogReply();
            reply.Slices.AddRange(await reader.ReadAsync(queries));
            return reply;
        });

    public override Task<MoveCursorsReply> MoveCursors(MoveCursorsRequest request, ServerCallContext context) =>
        desk.AnswerAsync("MoveCursors", async () =>
        {
            ThrowIfTooMany("cursors", request.Cursors.Count);
            var moves = request.Cursors.Select(ToMove).ToList();
            var damages = await Task.WhenAll(moves.Select(TryMoveAsync));
            var reply = new MoveCursorsReply();
            if (Array.TrueForAll(damages, static damage => damage is null))
                return reply;
            if (Array.TrueForAll(damages, static damage => damage is not null))
                throw Refusal.Of(StatusCode.DataLoss, damages[0]!);
            reply.Outcomes.AddRange(damages.Select(static damage => damage is null
                ? new CursorOutcome()
                : new CursorOutcome { Code = (int)StatusCode.DataLoss, Error = damage }));
            return reply;
        });

    public override Task<MessageStatus> GetMessageStatus(GetMessageStatusRequest request, ServerCallContext context) =>
        desk.AnswerAsync("GetMessageStatus", async () =>
        {
            if ((IdRules.Complaint("user_id", request.UserId) ?? ComplaintOfMessage(request)) is { } complaint)
                throw Refusal.Invalid(complaint);
            var answer = await statuses.ReadAsync(ChannelId.User(request.UserId), request.MessageId, ChannelPosition.From(request.Position));
            if (answer.LogIsOff)
                throw Refusal.Of(StatusCode.FailedPrecondition, "The log of users is off, so nothing is known of messages to them. Turn it on to ask.");
            return answer.Status ?? throw Refusal.Of(
                StatusCode.NotFound, $"message_id: the log of user '{request.UserId}' does not hold this message: it was never accepted, or it is older than the log.");
        });

    public override Task WatchReceipts(WatchReceiptsRequest request, IServerStreamWriter<Receipt> responseStream, ServerCallContext context) =>
        receipts.WatchAsync(request, responseStream, context);

    /// <returns>Which keys of Redis stand in its way; null where it is moved.</returns>
    private async Task<string?> TryMoveAsync(CursorMove move)
    {
        try
        {
            await acknowledgements.TakeAsync(move);
            return null;
        }
        catch (KeyRefusedException damaged)
        {
            return damaged.Message;
        }
    }

    private static string? ComplaintOfMessage(GetMessageStatusRequest request) => (request.MessageId.Length > 0, request.Position) switch
    {
        (true, null) => IdRules.Complaint("message_id", request.MessageId),
        (false, { Epoch: > 0, Offset: > 0 }) => null,
        (false, not null) => "position names no message: give epoch and offset as the reply of the push had them.",
        _ => "message_id: give either it or position.",
    };

    private Task<PushReply> PushAsync(string method, DoorInput input, ServerCallContext context) =>
        desk.AnswerAsync(method, async () =>
        {
            var outcome = await desk.PublishAsync(input, context.CancellationToken);
            return outcome.Reply ?? throw Refusal.Of(outcome.Code, outcome.Error);
        });

    private static CursorMove ToMove(DeviceCursor cursor, int index)
    {
        if (!ChannelId.TryParse(cursor.Channel, out var channel, out var complaint))
            throw Refusal.Invalid($"cursors[{index}]: {complaint}");
        if (channel.Kind is not ChannelKind.User)
            throw Refusal.Invalid($"cursors[{index}].channel is no user's: cursors are kept of user:{{id}} only.");
        if (cursor.DeviceId.Length > 0 && IdRules.Complaint("device_id", cursor.DeviceId) is { } badDevice)
            throw Refusal.Invalid($"cursors[{index}].{badDevice}");
        if (cursor.Position is null or { Epoch: <= 0 } or { Offset: < 0 })
            throw Refusal.Invalid($"cursors[{index}].position names no place in a log.");
        if (cursor.SessionId.Length > 0 && IdRules.Complaint("session_id", cursor.SessionId) is { } badSession)
            throw Refusal.Invalid($"cursors[{index}].{badSession}");
        if (cursor.Since < 0)
            throw Refusal.Invalid($"cursors[{index}].since is negative.");
        return new CursorMove(
            channel, cursor.DeviceId, ChannelPosition.From(cursor.Position), cursor.Read, cursor.SessionId, cursor.Since);
    }

    private static LogQuery ToQuery(LogRange range, int index)
    {
        if (!ChannelId.TryParse(range.Channel, out var channel, out var complaint))
            throw Refusal.Invalid($"ranges[{index}]: {complaint}");
        if (range.Limit < 0)
            throw Refusal.Invalid($"ranges[{index}].limit is negative.");
        if (range.After is { Epoch: < 0 } or { Offset: < 0 })
            throw Refusal.Invalid($"ranges[{index}].after is negative.");
        if (range.FromCursor && (channel.Kind is not ChannelKind.User || range.FromEnd))
            throw Refusal.Invalid($"ranges[{index}].from_cursor goes with a user's channel and without from_end.");
        if (range.DeviceId.Length > 0 && IdRules.Complaint("device_id", range.DeviceId) is { } badDevice)
            throw Refusal.Invalid($"ranges[{index}].{badDevice}");
        return new LogQuery(
            channel, ChannelPosition.From(range.After), Math.Min(range.Limit, LogReader.MaxMessages), range.FromEnd,
            range.FromCursor ? range.DeviceId : null);
    }

    private void ThrowIfTooMany(string field, int count)
    {
        if (count > _maxBatch)
            throw Refusal.Invalid($"{field} has {count} entries, more than the {_maxBatch} of PUSH_MAX_BATCH: send several calls.");
    }
}
