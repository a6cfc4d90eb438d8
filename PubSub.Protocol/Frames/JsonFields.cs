using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Collections;
using PubSub.Protocol.Client;

namespace PubSub.Protocol.Frames;

/// <summary>The pieces of which the JSON frames are made.</summary>
internal static class JsonFields
{
    private static readonly JsonEncodedText[] TypeNames = [.. Enum.GetValues<MessageType>().Select(type => JsonEncodedText.Encode(MessageTypeNames.Of(type)))];

    public delegate void Member<in T>(ref Utf8JsonReader json, T target);

    /// <summary>Reads an object; the reader stands on its start. <paramref name="member"/> is called at each name.</summary>
    public static T Object<T>(ref Utf8JsonReader json, T target, Member<T> member)
    {
        if (json.TokenType == JsonTokenType.Null)
            return target;
        Expect(json.TokenType == JsonTokenType.StartObject, "an object");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            member(ref json, target);
        return target;
    }

    public static void List<T>(ref Utf8JsonReader json, RepeatedField<T> target, int max, Func<T> create, Member<T> member)
    {
        if (json.TokenType == JsonTokenType.Null)
            return;
        Expect(json.TokenType == JsonTokenType.StartArray, "an array");
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            Expect(target.Count < max, $"an array of at most {max}");
            target.Add(Object(ref json, create(), member));
        }
    }

    public static void Map(ref Utf8JsonReader json, MapField<string, string> target)
    {
        if (json.TokenType == JsonTokenType.Null)
            return;
        Expect(json.TokenType == JsonTokenType.StartObject, "an object");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.GetString()!;
            json.Read();
            target[name] = Text(ref json);
        }
    }

    /// <summary>Whether the reader stands on this name; if so it moves on to the value.</summary>
    public static bool Is(ref Utf8JsonReader json, ReadOnlySpan<byte> name) => json.ValueTextEquals(name) && json.Read();

    /// <summary>Passes over a member of which this version knows nothing.</summary>
    public static void Skip(ref Utf8JsonReader json)
    {
        json.Read();
        json.Skip();
    }

    public static string Text(ref Utf8JsonReader json)
    {
        Expect(json.TokenType is JsonTokenType.String or JsonTokenType.Null, "a string");
        return json.GetString() ?? "";
    }

    public static long Number(ref Utf8JsonReader json)
    {
        var number = 0L;
        Expect(
            json.TokenType == JsonTokenType.Null || (json.TokenType == JsonTokenType.Number && json.TryGetInt64(out number)),
            "a whole number");
        return number;
    }

    public static int Int(ref Utf8JsonReader json)
    {
        var number = Number(ref json);
        Expect(number is >= int.MinValue and <= int.MaxValue, "a whole number of 32 bits");
        return (int)number;
    }

    public static bool Flag(ref Utf8JsonReader json)
    {
        Expect(json.TokenType is JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null, "true or false");
        return json.TokenType == JsonTokenType.True;
    }

    public static ByteString Binary(ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.Null)
            return ByteString.Empty;
        var bytes = Array.Empty<byte>();
        Expect(json.TokenType == JsonTokenType.String && json.TryGetBytesFromBase64(out bytes!), "base64 text");
        return UnsafeByteOperations.UnsafeWrap(bytes);
    }

    public static MessageType Type(ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.Number)
            return (MessageType)Int(ref json);
        if (Text(ref json) is not { Length: > 0 } name)
            return MessageType.Text;
        Expect(MessageTypeNames.TryParse(name, out var type), MessageTypeNames.All);
        return type;
    }

    /// <summary>A number, where a later version made it and this one has no word for it.</summary>
    public static void WriteType(Utf8JsonWriter json, MessageType type)
    {
        if ((int)type >= 0 && (int)type < TypeNames.Length)
            json.WriteString("type"u8, TypeNames[(int)type]);
        else
            json.WriteNumber("type"u8, (int)type);
    }

    public static PushPlatform Platform(ref Utf8JsonReader json) => PushPlatformNames.Parse(Text(ref json));

    public static void WritePlatform(Utf8JsonWriter json, PushPlatform platform)
    {
        if (platform is not PushPlatform.Unspecified)
            json.WriteString("platform"u8, PushPlatformNames.Of(platform));
    }

    public static void WriteMap(Utf8JsonWriter json, MapField<string, string> map)
    {
        if (map.Count == 0)
            return;
        json.WriteStartObject("metadata"u8);
        foreach (var (name, value) in map)
            json.WriteString(name, value);
        json.WriteEndObject();
    }

    public static void Cursor(ref Utf8JsonReader json, ChannelCursor cursor)
    {
        if (Is(ref json, "channel"u8))
            cursor.Channel = Text(ref json);
        else if (Is(ref json, "epoch"u8))
            cursor.Epoch = Number(ref json);
        else if (Is(ref json, "offset"u8))
            cursor.Offset = Number(ref json);
        else
            Skip(ref json);
    }

    public static void WriteCursor(Utf8JsonWriter json, ChannelCursor cursor)
    {
        if (cursor.Channel.Length > 0)
            json.WriteString("channel"u8, cursor.Channel);
        json.WriteNumber("epoch"u8, cursor.Epoch);
        json.WriteNumber("offset"u8, cursor.Offset);
    }

    private static void Expect(bool condition, string what)
    {
        if (!condition)
            throw new ProtocolViolationException($"The frame has another value where {what} belongs.");
    }
}
