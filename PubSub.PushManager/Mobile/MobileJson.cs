using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PubSub.PushManager.Mobile;

/// <summary>What the push services want alike.</summary>
internal static class MobileJson
{
    private const int MaxCollapseBytes = 64;

    // Nothing here ends up in HTML, and an escape is up to six times as long as the character.
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What the system shows, under the name that the service has for it.</summary>
    public static void WriteShown(Utf8JsonWriter json, string name, MobileMessage message, string text)
    {
        json.WriteStartObject(name);
        if (message.Title.Length > 0)
            json.WriteString("title", message.Title);
        json.WriteString("body", text);
        json.WriteEndObject();
    }

    /// <summary>Longer ones, and those that no header may hold, by their hash: as many characters as there may be bytes.</summary>
    public static string CollapseText(string id) =>
        id.Length <= MaxCollapseBytes && id.All(static character => character is > ' ' and <= '~')
            ? id
            : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)));
}
