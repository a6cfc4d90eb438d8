using System.Collections.Concurrent;
using Grpc.Core;
using PubSub.Protocol;

namespace PubSub.Tests.Integration.Uplinks;

/// <summary>A controller that notes what it is told, and keeps the sessions that this leaves.</summary>
internal sealed class RecordingController : ControllerService.ControllerServiceBase
{
    private volatile TaskCompletionSource? _gate;

    public ConcurrentQueue<SessionChange> Changes { get; } = new();

    public ConcurrentDictionary<string, SessionOnline> Online { get; } = new();

    public volatile bool Answers = true;

    /// <summary>Completes when an UpdateSessions waits at the gate.</summary>
    public TaskCompletionSource AtGate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void CloseGate() => _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void OpenGate() => _gate?.TrySetResult();

    public override Task<RegisterNodeReply> RegisterNode(RegisterNodeRequest request, ServerCallContext context) =>
        Task.FromResult(new RegisterNodeReply { HeartbeatSeconds = 7 });

    public override async Task<UpdateSessionsReply> UpdateSessions(UpdateSessionsRequest request, ServerCallContext context)
    {
        if (!Answers)
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        if (_gate is { } gate)
        {
            AtGate.TrySetResult();
            await gate.Task;
        }

        var reply = new UpdateSessionsReply();
        foreach (var change in request.Changes)
        {
            Changes.Enqueue(change);
            if (change.Online is { } online)
                Online[online.SessionId] = online;
            if (change.Offline is { } offline)
                Online.TryRemove(offline.SessionId, out _);
            reply.Outcomes.Add(new SessionChangeOutcome());
        }

        return reply;
    }
}
