using System.Globalization;

namespace PubSub.Protocol;

/// <summary>The words for the types of messages, wherever a type is text: in JSON, in the log, on a phone.</summary>
public static class MessageTypeNames
{
    /// <summary>All of them, for errors and help.</summary>
    public const string All = "TEXT, SYSTEM, AUDIO, TRANSLATION or CUSTOM";

    private static readonly string[] ByNumber = ["TEXT", "SYSTEM", "AUDIO", "TRANSLATION", "CUSTOM"];

    /// <summary>Its number, where a later version made it and this one has no word for it.</summary>
    public static string Of(MessageType type) =>
        (int)type is var number && number >= 0 && number < ByNumber.Length ? ByNumber[number] : number.ToString(CultureInfo.InvariantCulture);

    public static bool TryParse(string? name, out MessageType type)
    {
        type = (MessageType)Array.IndexOf(ByNumber, name);
        return type >= 0;
    }
}
