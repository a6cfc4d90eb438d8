using PubSub.ConnectNode.Sessions;
using PubSub.Protocol.Channels;

namespace PubSub.ConnectNode.Sockets;

/// <summary>A request that nothing is wrong with.</summary>
internal sealed record WebSocketVisit(WebSocketHandshake Handshake, WebSocketCaller Caller);

/// <summary>Who wants to come in, from the URL.</summary>
internal readonly record struct WebSocketCaller(SessionUser? User, string RoomId, int Status, string Problem)
{
    private const int MaxName = 256;

    public static WebSocketCaller Read(IQueryCollection query, TokenCheck tokens)
    {
        var roomId = query["room_id"].ToString();
        var name = query["user_name"].ToString();
        if (roomId.Length > 0 && IdRules.Complaint("room_id", roomId) is { } badRoom)
            return Bad(badRoom);
        if (name.Length > MaxName || name.Any(char.IsControl))
            return Bad($"user_name is longer than {MaxName} characters, or holds control characters.");

        if (query.ContainsKey("token"))
        {
            return tokens.Read(query["token"].ToString(), out var complaint) is { } known
                ? new WebSocketCaller(known, roomId, 0, "")
                : new WebSocketCaller(null, "", StatusCodes.Status401Unauthorized, complaint);
        }

        if (tokens.IsRequired)
        {
            return query.ContainsKey("user_id")
                ? new WebSocketCaller(null, "", StatusCodes.Status401Unauthorized, "This node asks for a token instead of a user_id.")
                : new WebSocketCaller(null, "", 0, "");
        }

        var userId = query["user_id"].ToString();
        return IdRules.Complaint("user_id", userId) is { } badUser
            ? Bad(badUser)
            : new WebSocketCaller(new SessionUser(userId, name.Length > 0 ? name : userId), roomId, 0, "");
    }

    private static WebSocketCaller Bad(string problem) => new(null, "", StatusCodes.Status400BadRequest, problem);
}
