using System.Text;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.Protocol.Frames;

namespace PubSub.BizServer.Logic;

/// <summary>What a message of a send request may hold: what a client of a node may publish.</summary>
internal static class MessageRules
{
    /// <summary>Null: nothing to complain of.</summary>
    public static string? Complaint(string name, SendMessage? message, int maxBytes)
    {
        var hasText = !string.IsNullOrEmpty(message?.Content);
        var hasBinary = message?.Binary is { Length: > 0 };
        if (!hasText && !hasBinary)
            return $"{name}.content is empty: give a text, or bytes in {name}.binary.";
        if (hasText && hasBinary)
            return $"{name} has content and binary: give one of them.";
        var bytes = hasText ? Encoding.UTF8.GetByteCount(message!.Content!) : message!.Binary!.Length;
        if (bytes > maxBytes)
            return $"{name}.{(hasText ? "content" : "binary")} has {bytes} bytes, more than the {maxBytes} of LOGIC_MAX_CONTENT_BYTES: send a link to what is larger.";
        if (!Enum.IsDefined(message.Type))
            return $"{name}.type is none: give {MessageTypeNames.All}.";
        if (message.Metadata?.Count > FrameLimits.MaxMetadataEntries)
            return $"{name}.metadata has {message.Metadata.Count} entries, more than {FrameLimits.MaxMetadataEntries}.";
        if (!string.IsNullOrEmpty(message.Key) && IdRules.Complaint($"{name}.key", message.Key) is { } aboutKey)
            return aboutKey;
        if (message.Published is { } before && (string.IsNullOrEmpty(message.Id) || before.Epoch < 0 || before.Offset < 0))
            return $"{name}.published goes with {name}.id: give the id, epoch and offset under which the message was published.";
        return string.IsNullOrEmpty(message.Id) ? null : IdRules.Complaint($"{name}.id", message.Id);
    }
}
