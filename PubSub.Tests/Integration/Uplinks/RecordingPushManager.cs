using System.Collections.Concurrent;
using Grpc.Core;
using PubSub.Protocol;

namespace PubSub.Tests.Integration.Uplinks;

/// <summary>A push manager that notes what it is handed.</summary>
internal sealed class RecordingPushManager : PushManagerService.PushManagerServiceBase
{
    public ConcurrentQueue<Push> Pushes { get; } = new();

    public ConcurrentQueue<LogRange> Ranges { get; } = new();

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
            reply.Slices.Add(new LogSlice { Channel = range.Channel, Complete = true });
        }

        return Task.FromResult(reply);
    }
}
