using System.Text;

namespace PubSub.Protocol.Channels;

/// <summary>What a room, user, session or message id may be. Every door asks here, so that all refuse the same ids.</summary>
public static class IdRules
{
    public const int MaxBytes = 256;

    /// <summary>Null where the id is fine, otherwise one sentence that names the field and says what to do.</summary>
    public static string? Complaint(string field, string? id)
    {
        if (string.IsNullOrEmpty(id))
            return $"{field} is empty: give an id of 1 to {MaxBytes} bytes.";

        foreach (var character in id)
        {
            if (char.IsControl(character))
                return $"{field} holds a control character: ids are printable text.";
        }

        if (!IsWellFormed(id))
            return $"{field} is not valid Unicode text.";

        // A character is at most three bytes, so short ids need no count.
        if (id.Length > MaxBytes / 3 && Encoding.UTF8.GetByteCount(id) > MaxBytes)
            return $"{field} is longer than {MaxBytes} bytes.";

        return null;
    }

    private static bool IsWellFormed(string id)
    {
        for (var i = 0; i < id.Length; i++)
        {
            if (!char.IsSurrogate(id[i]))
                continue;
            if (!char.IsHighSurrogate(id[i]) || i + 1 == id.Length || !char.IsLowSurrogate(id[i + 1]))
                return false;
            i++;
        }

        return true;
    }
}
