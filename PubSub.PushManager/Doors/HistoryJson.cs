using System.ComponentModel;
using PubSub.Protocol;

namespace PubSub.PushManager.Doors;

internal sealed record HistoryJson
{
    public required string Channel { get; init; }

    [Description("The newest position of the log; epoch 0 where there is no log.")]
    public required PositionJson End { get; init; }

    [Description("The oldest offset that the log still holds; end.offset + 1 where it is empty.")]
    public required long FirstOffset { get; init; }

    [Description("True when nothing between since and the first message (or the end) is missing.")]
    public required bool Complete { get; init; }

    public required IReadOnlyList<HistoryMessageJson> Messages { get; init; }

    public static HistoryJson From(LogSlice slice) => new()
    {
        Channel = slice.Channel,
        End = PositionJson.From(slice.End),
        FirstOffset = slice.FirstOffset,
        Complete = slice.Complete,
        Messages = [.. slice.Messages.Select(HistoryMessageJson.From)],
    };
}

internal sealed record HistoryMessageJson
{
    public required string MessageId { get; init; }

    public required PositionJson Position { get; init; }

    public required HistoryContentJson Content { get; init; }

    public SenderJson? Sender { get; init; }

    public static HistoryMessageJson From(ChannelMessage message) => new()
    {
        MessageId = message.MessageId,
        Position = PositionJson.From(message.Position),
        Content = HistoryContentJson.From(message.Content),
        Sender = message.Sender is { } sender ? new SenderJson { UserId = sender.UserId, UserName = sender.UserName } : null,
    };
}

internal sealed record HistoryContentJson
{
    [Description(MessageTypeNames.All + ".")]
    public required string Type { get; init; }

    [Description("The text; absent where the message is bytes.")]
    public string? Data { get; init; }

    [Description("Bytes in Base64; absent where the message is text.")]
    public byte[]? Binary { get; init; }

    [Description("Unix time in milliseconds.")]
    public required long Timestamp { get; init; }

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    public static HistoryContentJson From(Content content) => new()
    {
        Type = MessageTypeNames.Of(content.Type),
        Data = content.IsBinary ? null : content.Data,
        Binary = content.IsBinary ? content.Binary.ToByteArray() : null,
        Timestamp = content.Timestamp,
        Metadata = content.Metadata.ToDictionary(StringComparer.Ordinal),
    };
}
