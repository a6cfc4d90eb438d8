using Grpc.Core;
using PubSub.Client.Publishing;
using PubSub.Protocol;

namespace PubSub.BizServer.Logic;

/// <summary>Straight to a push manager: accepted means that the room's log has it.</summary>
internal sealed class DirectPath(PushPublisher publisher, LogicMetrics metrics) : ISendPath
{
    public const string PathName = "push-manager";

    public string Name => PathName;

    public async Task<IReadOnlyList<PushOutcome>> SendAsync(IReadOnlyList<Push> pushes, CancellationToken cancellationToken)
    {
        var outcomes = await publisher.PushAsync(pushes, cancellationToken);
        metrics.Forwarded((StatusCode)(outcomes.FirstOrDefault(outcome => outcome.Code != 0)?.Code ?? 0));
        return outcomes;
    }
}
