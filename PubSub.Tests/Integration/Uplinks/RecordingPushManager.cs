using System.Collections.Concurrent;
using Grpc.Core;
using PubSub.Protocol;

namespace PubSub.Tests.Integration.Uplinks;

/// <summary>A push manager that notes what it is handed.</summary>
internal sealed class RecordingPushManager : PushManagerService.PushManagerServiceBase
{
    public ConcurrentQueue<Push> Pushes { get; } = new();

    public ConcurrentQueue<LogRange> Ranges { get; } = new();

    public const string Damaged = "room:damaged";

    /// <summary>Notes a batch, then breaks the call instead of answering.</summary>
    public volatile bool BreaksAfterStoring;

    public override Task<PushBatchReply> PushBatch(PushBatchRequest request, ServerCallContext context)
    {
        var reply = new PushBatchReply();
        foreach (var push in request.Pushes)
        {
            Pushes.Enqueue(push);
            reply.Outcomes.Add(new PushOutcome
            {
                Reply = new PushReply { MessageId = push.MessageId, Position = new Position { Epoch = 1, Offset = Pushes.Count } },
            });
        }

        return BreaksAfterStoring
            ? throw new RpcException(new Status(StatusCode.Unavailable, "gone"))
            : Task.FromResult(reply);
    }

    public override Task<ReadLogReply> ReadLog(ReadLogRequest request, ServerCallContext context)
    {
        var reply = new ReadLogReply();
        foreach (var range in request.Ranges)
        {
            Ranges.Enqueue(range);
            reply.Slices.Add(range.Channel == Damaged
                ? new LogSlice { Channel = range.Channel, Code = (int)StatusCode.DataLoss, Error = "damaged" }
                : new LogSlice { Channel = range.Channel, Complete = true });
        }

        return Task.FromResult(reply);
    }

    public override Task<MoveCursorsReply> MoveCursors(MoveCursorsRequest request, ServerCallContext context)
    {
        var reply = new MoveCursorsReply();
        if (request.Cursors.Any(static cursor => cursor.Channel == Damaged))
            reply.Outcomes.AddRange(request.Cursors.Select(static cursor => new CursorOutcome { Code = cursor.Channel == Damaged ? (int)StatusCode.DataLoss : 0 }));
        return Task.FromResult(reply);
    }
}
