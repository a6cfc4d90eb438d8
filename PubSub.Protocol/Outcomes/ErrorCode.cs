namespace PubSub.Protocol.Outcomes;

/// <summary>The codes of <c>error</c> frames. The connection stays; SPEC.md section 7 says what a client does.</summary>
public enum ErrorCode
{
    BadRequest = 100,
    Unauthorized = 101,
    Forbidden = 102,
    RoomNotFound = 103,
    RoomFull = 104,
    NotInRoom = 105,
    AlreadyJoined = 106,
    TooManyRooms = 107,
    TooLarge = 108,
    TooManyRequests = 109,
    LogOff = 110,

    /// <summary>From here on the same request may succeed later.</summary>
    Unavailable = 200,
    Internal = 201,
}

public static class ErrorCodes
{
    public static bool IsTemporary(this ErrorCode code) =>
        code is >= ErrorCode.Unavailable or ErrorCode.TooManyRequests;
}
