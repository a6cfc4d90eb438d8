using PubSub.Protocol;

namespace PubSub.BizServer.Logic;

/// <summary>How messages travel from here to the push managers.</summary>
internal interface ISendPath
{
    /// <summary>As it stands in the answer.</summary>
    string Name { get; }

    /// <summary>Sends messages to one room, in their order; each has its own outcome.</summary>
    Task<IReadOnlyList<PushOutcome>> SendAsync(IReadOnlyList<Push> pushes, CancellationToken cancellationToken);
}
