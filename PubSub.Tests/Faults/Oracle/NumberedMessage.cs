using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace PubSub.Tests.Faults.Oracle;

/// <summary>What a publisher says: who it is and which number this is, with a check sum over both.</summary>
internal readonly record struct NumberedMessage(string Publisher, int Number)
{
    public string Text => $"{Publisher}|{Number.ToString(CultureInfo.InvariantCulture)}|{CheckSum()}";

    /// <summary>Null where the text is not one that a publisher wrote.</summary>
    public static NumberedMessage? Parse(string text)
    {
        var parts = text.Split('|');
        if (parts.Length != 3 || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return null;
        var message = new NumberedMessage(parts[0], number);
        return message.CheckSum() == parts[2] ? message : null;
    }

    public override string ToString() => $"{Publisher} #{Number}";

    private string CheckSum() =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{Publisher}/{Number}")), 0, 8);
}
