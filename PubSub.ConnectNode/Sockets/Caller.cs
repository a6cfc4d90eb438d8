using PubSub.ConnectNode.Sessions;
using PubSub.Protocol.Channels;

namespace PubSub.ConnectNode.Sockets;

/// <summary>Who wants to come in, from the URL.</summary>
/// <param name="Arrival">Null: the connect frame will say.</param>
/// <param name="Resumes">A connect frame with positions comes first.</param>
/// <param name="Status">Of the refusal.</param>
/// <param name="Problem">Why the caller is refused; empty where it is not.</param>
internal readonly record struct Caller(Arrival? Arrival, bool Resumes, int Status, string Problem)
{
    private const int MaxName = 256;

    public static Caller Read(IQueryCollection query, TokenCheck tokens)
    {
        var roomId = query["room_id"].ToString();
        var deviceId = query["device_id"].ToString();
        var resume = query["resume"].ToString();
        var name = query["user_name"].ToString();
        if (roomId.Length > 0 && IdRules.Complaint("room_id", roomId) is { } badRoom)
            return Bad(badRoom);
        if (deviceId.Length > 0 && IdRules.Complaint("device_id", deviceId) is { } badDevice)
            return Bad(badDevice);
        if (resume is not ("" or "0" or "1"))
            return Bad("resume is 1, where a connect frame with positions follows, or 0.");
        if (name.Length > MaxName || name.Any(char.IsControl))
            return Bad($"user_name is longer than {MaxName} characters, or holds control characters.");

        if (query.ContainsKey("token"))
        {
            return tokens.Read(query["token"].ToString(), out var complaint) is { } known
                ? Good(known)
                : new Caller(null, false, StatusCodes.Status401Unauthorized, complaint);
        }

        if (tokens.IsRequired)
        {
            return query.ContainsKey("user_id")
                ? new Caller(null, false, StatusCodes.Status401Unauthorized, "This node asks for a token instead of a user_id.")
                : new Caller(null, false, 0, "");
        }

        var userId = query["user_id"].ToString();
        return IdRules.Complaint("user_id", userId) is { } badUser
            ? Bad(badUser)
            : Good(new SessionUser(userId, name.Length > 0 ? name : userId));

        Caller Good(SessionUser user) => new(new Arrival(user, roomId, deviceId), resume == "1", 0, "");
    }

    private static Caller Bad(string problem) => new(null, false, StatusCodes.Status400BadRequest, problem);
}
