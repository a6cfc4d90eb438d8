using System.Text.Json;
using Google.Protobuf;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using StackExchange.Redis;
using ChannelMessage = PubSub.Protocol.ChannelMessage;

namespace PubSub.PushManager.Log;

/// <summary>A message as the fields of a stream entry: text wherever the message is text, so that XRANGE shows it.</summary>
internal static class LogEntryFormat
{
    private const string Id = "id";
    private const string Type = "type";
    private const string Text = "text";
    private const string Binary = "binary";
    private const string Time = "time";
    private const string UserId = "user";
    private const string UserName = "name";
    private const string Metadata = "metadata";
    private const string Key = "key";

    public static void Write(ChannelMessage message, List<RedisValue> values)
    {
        Add(Id, message.MessageId);
        var content = message.Content;
        Add(Type, MessageTypeNames.Of(content.Type));
        if (content.IsBinary)
            Add(Binary, content.Binary.ToByteArray());
        else
            Add(Text, content.Data);
        Add(Time, content.Timestamp);
        if (message.Sender is { } sender)
        {
            Add(UserId, sender.UserId);
            if (sender.UserName.Length > 0)
                Add(UserName, sender.UserName);
        }

        if (content.Key.Length > 0)
            Add(Key, content.Key);
        if (content.Metadata.Count > 0)
            Add(Metadata, JsonSerializer.SerializeToUtf8Bytes(content.Metadata, LogJson.Default.IDictionaryStringString));

        void Add(string name, RedisValue value)
        {
            values.Add(name);
            values.Add(value);
        }
    }

    /// <param name="channel">The channel that was read.</param>
    /// <param name="entry">The entry's id (epoch-offset) and its fields.</param>
    public static ChannelMessage Read(ChannelId channel, RedisResult[] entry)
    {
        var message = new ChannelMessage { Channel = channel.Text, Position = ParsePosition((string)entry[0]!), Content = new Content() };
        var fields = (RedisValue[])entry[1]!;
        for (var i = 0; i + 1 < fields.Length; i += 2)
            Read(message, (string)fields[i]!, fields[i + 1]);
        return message;
    }

    private static void Read(ChannelMessage message, string name, RedisValue value)
    {
        switch (name)
        {
            case Id:
                message.MessageId = value;
                break;
            case Key:
                message.Content.Key = value;
                break;
            case Type:
                message.Content.Type = MessageTypeNames.TryParse(value, out var type) ? type : MessageType.Custom;
                break;
            case Text:
                message.Content.Data = value;
                break;
            case Binary:
                message.Content.Binary = UnsafeByteOperations.UnsafeWrap((byte[])value!);
                break;
            case Time:
                message.Content.Timestamp = (long)value;
                break;
            case UserId:
                (message.Sender ??= new Sender()).UserId = value;
                break;
            case UserName:
                (message.Sender ??= new Sender()).UserName = value;
                break;
            case Metadata:
                message.Content.Metadata.Add(JsonSerializer.Deserialize((byte[])value!, LogJson.Default.IDictionaryStringString)!);
                break;
        }
    }

    private static Position ParsePosition(string id)
    {
        var dash = id.IndexOf('-', StringComparison.Ordinal);
        return new Position
        {
            Epoch = RedisNumber.Parse(id.AsSpan(0, dash)),
            Offset = RedisNumber.Parse(id.AsSpan(dash + 1)),
        };
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(IDictionary<string, string>))]
internal sealed partial class LogJson : System.Text.Json.Serialization.JsonSerializerContext;
