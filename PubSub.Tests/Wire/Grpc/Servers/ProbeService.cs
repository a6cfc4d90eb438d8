using System.Collections.Concurrent;
using Google.Protobuf;
using Grpc.Core;
using PubSub.Tests.Wire.Grpc.Protos;

namespace PubSub.Tests.Wire.Grpc.Servers;

/// <summary>Tells a client what arrived of its call. One instance per server: it remembers which calls have ended.</summary>
internal sealed class ProbeService(TimeProvider time) : Probe.ProbeBase
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _endings = new();

    public override Task<Sight> Look(LookRequest request, ServerCallContext context)
    {
        var sight = new Sight();
        foreach (var entry in context.RequestHeaders)
            sight.Headers.Add(new Header { Name = entry.Key, Value = ByteString.CopyFrom(entry.ValueBytes) });
        if (context.Deadline != DateTime.MaxValue)
            sight.TimeLeftMs = (long)(context.Deadline - time.GetUtcNow().UtcDateTime).TotalMilliseconds;
        return Task.FromResult(sight);
    }

    public override async Task Hang(HangRequest request, IServerStreamWriter<HangBegun> responseStream, ServerCallContext context)
    {
        try
        {
            await responseStream.WriteAsync(new HangBegun(), context.CancellationToken);
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        }
        finally
        {
            EndingOf(request.Key).TrySetResult();
        }
    }

    public override async Task<HangEnded> AwaitEnd(HangRequest request, ServerCallContext context)
    {
        await EndingOf(request.Key).Task.WaitAsync(context.CancellationToken);
        return new HangEnded();
    }

    private TaskCompletionSource EndingOf(string key) =>
        _endings.GetOrAdd(key, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
