using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using PubSub.Protocol;

namespace PubSub.PushManager.Doors;

/// <summary>A push: the fields of the gRPC requests, with their names.</summary>
internal sealed record PushJson
{
    [Description("What to push. Required."), Required]
    public ContentJson? Content { get; init; }

    [Description("Makes the push idempotent for 5 minutes: a second one with the same id answers like the first.")]
    public string? MessageId { get; init; }

    [Description("Who wrote it, where a person did.")]
    public SenderJson? Sender { get; init; }

    [Description("Of a push to a user: the feed that its receipts go to (WatchReceipts).")]
    public string? ReceiptsTo { get; init; }
}

internal sealed record ContentJson
{
    [Description(MessageTypeNames.All + ".")]
    public MessageType Type { get; init; }

    [Description("The text. Either this or binary.")]
    public string? Data { get; init; }

    [Description("Bytes in Base64. Either this or data.")]
    public byte[]? Binary { get; init; }

    [Description("Unix time in milliseconds; 0 or absent: when the push is accepted.")]
    public long Timestamp { get; init; }

    public Dictionary<string, string?>? Metadata { get; init; }

    [Description("What the message is the newest state of: in a room that conflates, a later message with the same key takes its place for slow readers.")]
    public string? Key { get; init; }

    /// <summary>Null in the second part where there is nothing to complain of.</summary>
    public (Content? Content, string? Complaint) ToProto()
    {
        if (Data is not null && Binary is not null)
            return (null, "content has data and binary: give one of them.");
        return (Content.From(Type, Data, Binary, Metadata, Key, Timestamp), null);
    }
}

internal sealed record SenderJson
{
    public string? UserId { get; init; }

    public string? UserName { get; init; }
}

internal sealed record PushReplyJson
{
    public required string MessageId { get; init; }

    [Description("The message's place in the channel's log; epoch 0 where the log is off.")]
    public required PositionJson Position { get; init; }

    public required int NodesReached { get; init; }

    public required int SessionsReached { get; init; }

    [Description("Users without a session now; the message waits in their logs.")]
    public required IReadOnlyList<string> OfflineUsers { get; init; }

    [Description("The message was accepted before under this id.")]
    public required bool Duplicate { get; init; }

    [Description("Nodes that did not take the message in time; on a logged channel they repair themselves.")]
    public required int NodesMissed { get; init; }

    public static PushReplyJson From(PushReply reply) => new()
    {
        MessageId = reply.MessageId,
        Position = PositionJson.From(reply.Position),
        NodesReached = reply.NodesReached,
        SessionsReached = reply.SessionsReached,
        OfflineUsers = reply.OfflineUsers,
        Duplicate = reply.Duplicate,
        NodesMissed = reply.NodesMissed,
    };
}

internal sealed record PositionJson
{
    public required long Epoch { get; init; }

    public required long Offset { get; init; }

    public static PositionJson From(Position position) => new() { Epoch = position.Epoch, Offset = position.Offset };
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true,
    NumberHandling = JsonNumberHandling.Strict)]
[JsonSerializable(typeof(PushJson))]
[JsonSerializable(typeof(PushReplyJson))]
[JsonSerializable(typeof(HistoryJson))]
[JsonSerializable(typeof(DeviceJson))]
[JsonSerializable(typeof(DeviceReplyJson))]
[JsonSerializable(typeof(DevicesJson))]
[JsonSerializable(typeof(DeviceRemovedJson))]
internal sealed partial class PushJsonContext : JsonSerializerContext;
