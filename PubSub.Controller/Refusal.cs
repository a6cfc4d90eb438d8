namespace PubSub.Controller;

internal enum RefusalKind
{
    /// <summary>The request itself is wrong; the same request can never succeed.</summary>
    Invalid,
    NotFound,
    AlreadyExists,
    RoomFull,

    /// <summary>The request is about a life of a node, or a session, that is over.</summary>
    Ended,

    /// <summary>A node did not answer.</summary>
    NodeAway,
}

/// <summary>The answer to a request that cannot be granted, in words for the caller: which field, and what to do.</summary>
internal sealed class Refusal(RefusalKind kind, string message) : Exception(message)
{
    public RefusalKind Kind { get; } = kind;

    public static Refusal NoSuchRoom(string roomId) =>
        new(RefusalKind.NotFound, $"room_id: there is no room '{roomId}'. Create it with CreateRoom, or by NotifyUserOnline with this room_id.");

    public static Refusal NoSuchUser(string userId) =>
        new(RefusalKind.NotFound, $"user_id: user '{userId}' has no session now. Announce one with NotifyUserOnline.");
}
