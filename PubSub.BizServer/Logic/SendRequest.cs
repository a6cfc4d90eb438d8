using System.Text.Json.Serialization;
using PubSub.Protocol;

namespace PubSub.BizServer.Logic;

internal sealed record SendRequest
{
    public string? RoomId { get; init; }

    public string? UserId { get; init; }

    public string? UserName { get; init; }

    public IReadOnlyList<SendMessage?>? Messages { get; init; }
}

internal sealed record SendMessage
{
    public string? Content { get; init; }

    /// <summary>Bytes in Base64, instead of content.</summary>
    public byte[]? Binary { get; init; }

    /// <summary>One of <see cref="MessageTypeNames"/>.</summary>
    public MessageType Type { get; init; }

    public IReadOnlyDictionary<string, string?>? Metadata { get; init; }

    /// <summary>What the message is the newest state of, in a room that conflates.</summary>
    public string? Key { get; init; }

    /// <summary>The caller's own id, which makes a repeated request harmless.</summary>
    public string? Id { get; init; }

    /// <summary>Of a copy: where the message was published before, under its id. It is published again only where that log was lost.</summary>
    public SendPosition? Published { get; init; }
}

/// <param name="Epoch">0: the room had no log.</param>
/// <param name="Offset">In that epoch.</param>
internal sealed record SendPosition(long Epoch, long Offset);

/// <param name="MessageIds">In the order of the request's messages.</param>
/// <param name="Path">How the messages travel: "push-log" through the durable log, "push-manager" straight to one.</param>
internal sealed record SendReply(IReadOnlyList<string> MessageIds, string Path);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, PropertyNameCaseInsensitive = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(SendRequest))]
[JsonSerializable(typeof(SendReply))]
internal sealed partial class SendJson : JsonSerializerContext;
