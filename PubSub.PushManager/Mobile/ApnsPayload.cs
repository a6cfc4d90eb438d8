using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PubSub.PushManager.Mobile;

/// <summary>The JSON that APNs brings to a phone: what the system shows under <c>aps</c>, what the app gets beside it.</summary>
internal static class ApnsPayload
{
    private const int MaxCollapseBytes = 64;

    // Nothing here ends up in HTML, and an escape is up to six times as long as the character.
    public static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Of(MobileMessage message) =>
        PayloadSize.Fit(message.Text, (text, hasMetadata, isShortened) => Write(message, text, hasMetadata, isShortened), static bytes => bytes.Length);

    public static string ExpirationText(int seconds, DateTimeOffset now) =>
        seconds == 0 ? "0" : (now.ToUnixTimeSeconds() + seconds).ToString(CultureInfo.InvariantCulture);

    /// <summary>Longer ones, and those that no header may hold, by their hash: as many characters as there may be bytes.</summary>
    public static string CollapseText(string id) =>
        id.Length <= MaxCollapseBytes && id.All(static character => character is > ' ' and <= '~')
            ? id
            : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)));

    private static byte[] Write(MobileMessage message, string text, bool hasMetadata, bool isShortened)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Json))
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
        json.WriteStartObject("alert");
        if (message.Title.Length > 0)
            json.WriteString("title", message.Title);
        json.WriteString("body", text);
        json.WriteEndObject();
        if (message.Sound.Length > 0)
            json.WriteString("sound", message.Sound);
    }
}
