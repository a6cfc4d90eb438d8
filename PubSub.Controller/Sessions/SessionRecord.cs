using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using PubSub.Controller.Nodes;

namespace PubSub.Controller.Sessions;

/// <summary>
/// The name of a session: one connection of a user to one stay of a node. Two nodes may use the same session id, and a
/// node that came back may use it again: they are different sessions.
/// </summary>
internal readonly record struct SessionKey(string UserId, string SessionId, RegistrationKey Node)
{
    /// <summary>Among the sessions of its user.</summary>
    public string InUser => $"{SessionId}\n{Node.Text}";

    /// <summary>Among the sessions of a room.</summary>
    public string InRoom => $"{UserId}\n{SessionId}\n{Node.Text}";

    /// <summary>Among the sessions of its node.</summary>
    public string InNode => $"{UserId}\n{SessionId}";

    public static SessionKey FromUser(string userId, string inUser)
    {
        var end = inUser.IndexOf('\n', StringComparison.Ordinal);
        return new SessionKey(userId, inUser[..end], new RegistrationKey(inUser[(end + 1)..]));
    }

    public static SessionKey FromRoom(string inRoom)
    {
        var end = inRoom.IndexOf('\n', StringComparison.Ordinal);
        return FromUser(inRoom[..end], inRoom[(end + 1)..]);
    }

    public static SessionKey FromNode(RegistrationKey node, string inNode)
    {
        var end = inNode.IndexOf('\n', StringComparison.Ordinal);
        return new SessionKey(inNode[..end], inNode[(end + 1)..], node);
    }
}

/// <summary>
/// What the user's hash holds of a session. The generation is new each time the session begins, so that what is still
/// under way from its former life (a leave, the end) can be told from what belongs to the present one.
/// </summary>
internal sealed record SessionRecord(string UserName, long ConnectedAt, string Generation)
{
    public static SessionRecord Begin(string userName, long connectedAt) =>
        new(userName, connectedAt, RandomNumberGenerator.GetHexString(12, lowercase: true));

    public static SessionRecord Parse(string json) => JsonSerializer.Deserialize(json, SessionJson.Default.SessionRecord)!;

    public string ToJson() => JsonSerializer.Serialize(this, SessionJson.Default.SessionRecord);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SessionRecord))]
internal sealed partial class SessionJson : JsonSerializerContext;
