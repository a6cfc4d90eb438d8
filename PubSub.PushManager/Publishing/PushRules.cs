using System.Text;
using Microsoft.Extensions.Options;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.PushManager.Log;

namespace PubSub.PushManager.Publishing;

/// <summary>What a push may be, the same for all doors. A complaint names the field and says what to do.</summary>
internal sealed class PushRules(IOptions<PublishOptions> options, IOptions<ChannelLogOptions> logs)
{
    private readonly PublishOptions _limits = options.Value;

    /// <summary>Null where the push is fine.</summary>
    public string? Complaint(PublishRequest request)
    {
        if (request.MessageId.Length > 0 && IdRules.Complaint("message_id", request.MessageId) is { } aboutId)
            return aboutId;
        if (request.Published is { } before && ComplaintOfPublished(request, before) is { } aboutPublished)
            return aboutPublished;
        if (request.Content is not { } content)
            return "content is missing: give content.data or content.binary.";
        return ComplaintOfBody(content) ?? ComplaintOfMetadata(content) ?? ComplaintOfSender(request.Sender) ?? ComplaintOfReceipts(request);
    }

    private static string? ComplaintOfPublished(PublishRequest request, Position before)
    {
        if (request.MessageId.Length == 0)
            return "published goes with message_id: give the id under which the message was published.";
        return before.Epoch < 0 || before.Offset < 0 ? "published is negative: give epoch and offset as the reply of the push had them." : null;
    }

    private string? ComplaintOfReceipts(PublishRequest request)
    {
        if (request.ReceiptsTo.Length == 0)
            return null;
        if (request.Channel.Kind is not ChannelKind.User)
            return "receipts_to goes with pushes to users: of other channels nobody keeps how far devices have got.";
        if (logs.Value.UserOff)
            return "receipts_to: the log of users is off, so nothing is known of what devices acknowledge. Turn it on, or ask for no receipts.";
        return IdRules.Complaint("receipts_to", request.ReceiptsTo);
    }

    private string? ComplaintOfBody(Content content)
    {
        if (!Enum.IsDefined(content.Type))
            return $"content.type {(int)content.Type} is unknown: it is {MessageTypeNames.All}.";
        if (content.Timestamp < 0)
            return "content.timestamp is negative: it is Unix time in milliseconds, or 0 for now.";
        if (content.Key.Length > 0 && IdRules.Complaint("content.key", content.Key) is { } aboutKey)
            return aboutKey;

        var (field, bytes) = content.IsBinary
            ? ("content.binary", content.Binary.Length)
            : ("content.data", Encoding.UTF8.GetByteCount(content.Data));
        if (bytes == 0)
            return "content has no body: give content.data (text) or content.binary (bytes).";
        return bytes > _limits.MaxBodyBytes
            ? $"{field} has {bytes} bytes, more than the {_limits.MaxBodyBytes} of PUSH_MAX_BODY_BYTES: send a link to what is larger."
            : null;
    }

    private string? ComplaintOfMetadata(Content content)
    {
        if (content.Metadata.Count > _limits.MaxMetadataEntries)
            return $"content.metadata has {content.Metadata.Count} entries, more than the {_limits.MaxMetadataEntries} of PUSH_MAX_METADATA.";

        var bytes = 0;
        foreach (var (key, value) in content.Metadata)
        {
            if (key.Length == 0)
                return "content.metadata has an empty key.";
            bytes += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(value);
        }

        return bytes > _limits.MaxMetadataBytes
            ? $"content.metadata has {bytes} bytes, more than the {_limits.MaxMetadataBytes} of PUSH_MAX_METADATA_BYTES."
            : null;
    }

    private static string? ComplaintOfSender(Sender? sender)
    {
        if (sender is null)
            return null;
        if (IdRules.Complaint("sender.user_id", sender.UserId) is { } aboutId)
            return aboutId;
        return sender.UserName.Length > 0 ? IdRules.Complaint("sender.user_name", sender.UserName) : null;
    }
}
