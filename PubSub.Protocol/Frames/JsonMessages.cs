using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Collections;
using PubSub.Protocol.Client;

namespace PubSub.Protocol.Frames;

/// <summary>
/// The list of messages in a payload, as it is written. A message alone is written from what came, without a frame in
/// between: a node does it for each one.
/// </summary>
internal static class JsonMessages
{
    // Looked through for what needs escaping once, not each time.
    private static readonly JsonEncodedText MessagesName = JsonEncodedText.Encode("messages");
    private static readonly JsonEncodedText ChannelName = JsonEncodedText.Encode("channel");
    private static readonly JsonEncodedText IdName = JsonEncodedText.Encode("id");
    private static readonly JsonEncodedText OffsetName = JsonEncodedText.Encode("offset");
    private static readonly JsonEncodedText EpochName = JsonEncodedText.Encode("epoch");
    private static readonly JsonEncodedText DataName = JsonEncodedText.Encode("data");
    private static readonly JsonEncodedText TimestampName = JsonEncodedText.Encode("timestamp");

    private static readonly Content NoContent = new();

    public static void Write(Utf8JsonWriter json, RepeatedField<ServerMessage> messages)
    {
        json.WriteStartArray(MessagesName);
        for (var i = 0; i < messages.Count; i++)
            Write(json, messages[i]);
        json.WriteEndArray();
    }

    public static void Write(Utf8JsonWriter json, ChannelMessage message)
    {
        json.WriteStartArray(MessagesName);
        json.WriteStartObject();
        WritePlace(json, message.Channel, message.MessageId, message.Position?.Offset ?? 0, message.Position?.Epoch ?? 0);
        var content = message.Content ?? NoContent;
        WriteBody(json, content.Type, content.Data, content.Binary, content.Timestamp);
        WriteRest(json, message.Sender, content.Metadata);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, ServerMessage message)
    {
        json.WriteStartObject();
        WritePlace(json, message.Channel, message.Id, message.Offset, message.Epoch);
        WriteBody(json, message.Type, message.Data, message.Binary, message.Timestamp);
        WriteRest(json, message.Sender, message.Metadata);
        json.WriteEndObject();
    }

    private static void WritePlace(Utf8JsonWriter json, string channel, string id, long offset, long epoch)
    {
        json.WriteString(ChannelName, channel);
        json.WriteString(IdName, id);
        json.WriteNumber(OffsetName, offset);
        json.WriteNumber(EpochName, epoch);
    }

    private static void WriteBody(Utf8JsonWriter json, MessageType type, string data, ByteString binary, long timestamp)
    {
        JsonFields.WriteType(json, type);
        if (binary.IsEmpty || data.Length > 0)
            json.WriteString(DataName, data);
        if (!binary.IsEmpty)
            json.WriteBase64String("binary"u8, binary.Span);
        json.WriteNumber(TimestampName, timestamp);
    }

    private static void WriteRest(Utf8JsonWriter json, Sender? sender, MapField<string, string> metadata)
    {
        if (sender is not null)
        {
            json.WriteStartObject("sender"u8);
            json.WriteString("userId"u8, sender.UserId);
            json.WriteString("userName"u8, sender.UserName);
            json.WriteEndObject();
        }

        JsonFields.WriteMap(json, metadata);
    }
}
