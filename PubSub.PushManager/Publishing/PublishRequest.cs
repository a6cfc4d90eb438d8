using Grpc.Core;
using PubSub.Protocol;
using PubSub.Protocol.Channels;

namespace PubSub.PushManager.Publishing;

/// <summary>What every door makes of its input.</summary>
/// <param name="Channel">Where to; its id is checked.</param>
/// <param name="Content">What, not yet checked.</param>
/// <param name="MessageId">The publisher's own id, or empty.</param>
/// <param name="Sender">Who wrote it, where a person did.</param>
internal sealed record PublishRequest(ChannelId Channel, Content? Content, string MessageId, Sender? Sender)
{
    /// <summary>It comes from the push log, and comes again for as long as it is not committed there.</summary>
    public bool IsJob { get; init; }

    /// <summary>The feed that the receipts of a push to a user go to; empty: nobody asks.</summary>
    public string ReceiptsTo { get; init; } = "";

    /// <summary>Where it was accepted before, of a copy that came another way; epoch 0: in a channel without a log. Null: nobody says.</summary>
    public Position? Published { get; init; }
}

/// <summary>What became of a push: an OK with its reply, or a refusal in words for the publisher.</summary>
internal readonly record struct PublishOutcome(StatusCode Code, string Error, PushReply? Reply)
{
    public static PublishOutcome Accepted(PushReply reply) => new(StatusCode.OK, "", reply);

    public static PublishOutcome Refused(StatusCode code, string error) => new(code, error, null);
}
