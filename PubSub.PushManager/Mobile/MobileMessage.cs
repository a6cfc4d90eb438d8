using System.Globalization;
using System.Text;
using PubSub.Protocol;

namespace PubSub.PushManager.Mobile;

/// <summary>
/// What a phone is to show of a push, and what its app gets with it. The publisher may say more in the metadata, under
/// keys that begin with <c>notify.</c>; docs/offline.md lists them.
/// </summary>
internal sealed record MobileMessage
{
    private const string Prefix = "notify.";
    private const int MaxTitleBytes = 256;
    private const int MaxSoundBytes = 64;

    public required string Title { get; init; }

    public required string Text { get; init; }

    /// <summary>Empty: none.</summary>
    public required string Sound { get; init; }

    /// <summary>A later notification with the same one takes the place of this one on the phone; empty: none does.</summary>
    public required string CollapseId { get; init; }

    /// <summary>Wakes the app and shows nothing.</summary>
    public required bool IsSilent { get; init; }

    /// <summary>Not to wait until the phone is awake anyway.</summary>
    public required bool IsUrgent { get; init; }

    /// <summary>What the app finds the message by, and what else is known of it.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Facts { get; init; }

    public required IReadOnlyList<KeyValuePair<string, string>> Metadata { get; init; }

    public static MobileMessage From(ChannelMessage message, MobileOptions options)
    {
        var metadata = message.Content.Metadata;
        var isSilent = Said("silent") is "true";
        var text = Said("text") ?? message.Content.Data;
        return new MobileMessage
        {
            Title = Cut(Said("title") ?? message.Sender?.UserName ?? "", MaxTitleBytes),
            Text = text.Length > 0 ? text : options.Text,
            Sound = Said("sound") is { } sound && Encoding.UTF8.GetByteCount(sound) <= MaxSoundBytes ? sound : options.Sound,
            CollapseId = Said("collapse_id") ?? "",
            IsSilent = isSilent,
            IsUrgent = !isSilent && Said("priority") is not "normal",
            Facts = [.. FactsOf(message)],
            Metadata = [.. metadata.Where(static entry => !entry.Key.StartsWith(Prefix, StringComparison.Ordinal)).OrderBy(static entry => entry.Key, StringComparer.Ordinal)],
        };

        string? Said(string key) => metadata.TryGetValue(Prefix + key, out var value) ? value : null;
    }

    private static IEnumerable<KeyValuePair<string, string>> FactsOf(ChannelMessage message)
    {
        yield return new("message_id", message.MessageId);
        yield return new("channel", message.Channel);
        yield return new("type", MessageTypeNames.Of(message.Content.Type));
        yield return new("timestamp", message.Content.Timestamp.ToString(CultureInfo.InvariantCulture));
        if (message.Position is { Epoch: > 0 } position)
        {
            yield return new("epoch", position.Epoch.ToString(CultureInfo.InvariantCulture));
            yield return new("offset", position.Offset.ToString(CultureInfo.InvariantCulture));
        }

        if (message.Sender is { UserId.Length: > 0 } sender)
            yield return new("sender_id", sender.UserId);
    }

    private static string Cut(string text, int maxBytes) =>
        Encoding.UTF8.GetByteCount(text) <= maxBytes
            ? text
            : PayloadSize.Shorten(text, shorter => Encoding.UTF8.GetByteCount(shorter) <= maxBytes);
}
