namespace PubSub.Tests.Faults;

/// <summary>
/// What the crowd of a negative control does wrong. It lives through the same harm as the careful crowd beside it, and the
/// oracle must find fault with it, or the harm proves nothing.
/// </summary>
internal enum Flaw
{
    None,

    /// <summary>Its clients come back without their positions.</summary>
    ForgetsPositions,

    /// <summary>Its publishers repeat a push that got no answer, without a message id.</summary>
    RepeatsWithoutId,

    /// <summary>Its publishers take a refused push for accepted.</summary>
    TakesRefusedForAccepted,

    /// <summary>Its rooms have no log. Each has one publisher, so the message's number says where it stands.</summary>
    HasNoLog,

    /// <summary>Its rooms have no log, and many publishers at all push managers; its clients number what comes as it comes.</summary>
    NumbersByArrival,
}
