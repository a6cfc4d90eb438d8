using System.Globalization;
using System.Text.Json;

namespace PubSub.PushManager.Mobile;

/// <summary>
/// The JSON of messages:send: what the system shows, what the app gets (a map of texts), and how Android and, for apps
/// there that take FCM's tokens, APNs are to carry it.
/// </summary>
internal static class FcmPayload
{
    /// <param name="message">What to show.</param>
    /// <param name="token">The device's; it does not count against the size.</param>
    /// <param name="seconds">How long FCM keeps it.</param>
    /// <param name="now">The time.</param>
    public static byte[] Of(MobileMessage message, string token, int seconds, DateTimeOffset now) => PayloadSize.Fit(
        message.Text,
        (text, hasMetadata, isShortened) => Write(message, token, seconds, now, text, hasMetadata, isShortened),
        bytes => bytes.Length - token.Length);

    private static byte[] Write(
        MobileMessage message, string token, int seconds, DateTimeOffset now, string text, bool hasMetadata, bool isShortened)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, MobileJson.Options))
        {
            json.WriteStartObject();
            json.WriteStartObject("message");
            json.WriteString("token", token);
            if (!message.IsSilent)
                MobileJson.WriteShown(json, "notification", message, text);
            WriteData(json, message, text, hasMetadata, isShortened);
            WriteAndroid(json, message, seconds);
            WriteApns(json, message, seconds, now);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    /// <summary>The prefix keeps a publisher's keys apart from ours and from those that FCM takes for itself.</summary>
    private static void WriteData(Utf8JsonWriter json, MobileMessage message, string text, bool hasMetadata, bool isShortened)
    {
        json.WriteStartObject("data");
        foreach (var (key, value) in message.Facts)
            json.WriteString(key, value);
        if (message.IsSilent)
            json.WriteString("text", text);
        if (isShortened)
            json.WriteString("shortened", "true");
        if (hasMetadata)
        {
            foreach (var (key, value) in message.Metadata)
                json.WriteString("metadata." + key, value);
        }

        json.WriteEndObject();
    }

    private static void WriteAndroid(Utf8JsonWriter json, MobileMessage message, int seconds)
    {
        json.WriteStartObject("android");
        json.WriteString("priority", message.IsUrgent ? "HIGH" : "NORMAL");
        json.WriteString("ttl", seconds.ToString(CultureInfo.InvariantCulture) + "s");
        if (message.CollapseId.Length > 0)
            json.WriteString("collapse_key", MobileJson.CollapseText(message.CollapseId));
        if (!message.IsSilent && (message.Sound.Length > 0 || message.CollapseId.Length > 0))
        {
            json.WriteStartObject("notification");
            if (message.Sound.Length > 0)
                json.WriteString("sound", message.Sound);
            if (message.CollapseId.Length > 0)
                json.WriteString("tag", MobileJson.CollapseText(message.CollapseId)); // Replaces what is shown already.
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteApns(Utf8JsonWriter json, MobileMessage message, int seconds, DateTimeOffset now)
    {
        json.WriteStartObject("apns");
        json.WriteStartObject("headers");
        foreach (var (name, value) in ApnsHeaders.Of(message, seconds, now))
            json.WriteString(name, value);
        json.WriteEndObject();
        json.WriteStartObject("payload");
        json.WriteStartObject("aps");
        if (message.IsSilent)
            json.WriteNumber("content-available", 1);
        else if (message.Sound.Length > 0)
            json.WriteString("sound", message.Sound);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
