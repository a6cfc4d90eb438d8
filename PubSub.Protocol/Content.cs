using Google.Protobuf;

namespace PubSub.Protocol;

/// <summary>What a message says: a body of text or of bytes, and what is known about it.</summary>
public sealed partial class Content
{
    /// <summary>The body is bytes; else it is text, be it an empty one.</summary>
    public bool IsBinary => BodyCase is BodyOneofCase.Binary;

    /// <summary>From the fields of a JSON body, each of which may be absent. Bytes go before text, and are not copied.</summary>
    public static Content From(
        MessageType type, string? data, byte[]? binary, IEnumerable<KeyValuePair<string, string?>>? metadata, string? key, long timestamp = 0)
    {
        var content = new Content { Type = type, Key = key ?? "", Timestamp = timestamp };
        if (binary is not null)
            content.Binary = UnsafeByteOperations.UnsafeWrap(binary);
        else if (data is not null)
            content.Data = data;
        foreach (var (name, value) in metadata ?? [])
            content.Metadata[name] = value ?? "";
        return content;
    }
}
