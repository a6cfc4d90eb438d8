using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using PubSub.ConnectNode.Sessions;
using PubSub.Protocol.Channels;

namespace PubSub.ConnectNode.Sockets;

/// <summary>Tokens: JWT, signed with HS256 and TOKEN_KEY; <c>sub</c> is the user, <c>name</c> its name, <c>exp</c> the end.</summary>
internal sealed class TokenCheck(IOptions<NodeOptions> options, TimeProvider time)
{
    private readonly byte[] _key = Encoding.UTF8.GetBytes(options.Value.TokenKey);

    /// <summary>Whether a user_id alone is not believed.</summary>
    public bool IsRequired => _key.Length > 0;

    public SessionUser? Read(string token, out string complaint)
    {
        complaint = "The token is no HS256 JWT of this service.";
        if (!IsRequired)
        {
            complaint = "This node takes no tokens: connect with user_id, or set TOKEN_KEY.";
            return null;
        }

        var parts = token.Split('.');
        if (parts.Length != 3 || Decode(parts[0]) is not { } header || Decode(parts[1]) is not { } claims || Decode(parts[2]) is not { } signature)
            return null;
        var expected = HMACSHA256.HashData(_key, Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"));
        if (!CryptographicOperations.FixedTimeEquals(expected, signature))
            return null;
        try
        {
            return Read(JsonDocument.Parse(header).RootElement, JsonDocument.Parse(claims).RootElement, ref complaint);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            return null;
        }
    }

    private SessionUser? Read(JsonElement header, JsonElement claims, ref string complaint)
    {
        if (header.GetProperty("alg"u8).GetString() != "HS256")
            return null;
        if (!claims.TryGetProperty("exp"u8, out var end) || end.GetDouble() <= time.GetUtcNow().ToUnixTimeSeconds())
        {
            complaint = "The token has expired, or has no exp.";
            return null;
        }

        var userId = claims.TryGetProperty("sub"u8, out var subject) ? subject.GetString() : null;
        if (IdRules.Complaint("sub of the token", userId) is { } wrong)
        {
            complaint = wrong;
            return null;
        }

        return new SessionUser(userId!, claims.TryGetProperty("name"u8, out var name) ? name.GetString() ?? "" : "");
    }

    private static byte[]? Decode(string part)
    {
        try
        {
            return Base64Url.DecodeFromChars(part);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
