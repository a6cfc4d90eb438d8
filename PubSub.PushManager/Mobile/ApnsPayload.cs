using System.Text.Json;

namespace PubSub.PushManager.Mobile;

/// <summary>The JSON that APNs brings to a phone: what the system shows under <c>aps</c>, what the app gets beside it.</summary>
internal static class ApnsPayload
{
    public static byte[] Of(MobileMessage message) =>
        PayloadSize.Fit(message.Text, (text, hasMetadata, isShortened) => Write(message, text, hasMetadata, isShortened), static bytes => bytes.Length);

    private static byte[] Write(MobileMessage message, string text, bool hasMetadata, bool isShortened)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, MobileJson.Options))
        {
            json.WriteStartObject();
            json.WriteStartObject("aps");
            if (message.IsSilent)
                json.WriteNumber("content-available", 1);
            else
                WriteAlert(json, message, text);
            json.WriteEndObject();
            foreach (var (key, value) in message.Facts)
                json.WriteString(key, value);
            if (message.IsSilent)
                json.WriteString("text", text);
            if (isShortened)
                json.WriteBoolean("shortened", true);
            if (hasMetadata && message.Metadata.Count > 0)
            {
                json.WriteStartObject("metadata");
                foreach (var (key, value) in message.Metadata)
                    json.WriteString(key, value);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void WriteAlert(Utf8JsonWriter json, MobileMessage message, string text)
    {
        MobileJson.WriteShown(json, "alert", message, text);
        if (message.Sound.Length > 0)
            json.WriteString("sound", message.Sound);
    }
}
