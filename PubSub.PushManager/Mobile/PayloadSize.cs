using System.Globalization;

namespace PubSub.PushManager.Mobile;

/// <summary>
/// Makes a payload fit what a push service takes. The whole message waits in the user's log, so the text is shortened, and
/// where that is not enough the metadata left out; either way the payload says so.
/// </summary>
internal static class PayloadSize
{
    /// <summary>Of APNs for alerts, and of FCM for what a message carries.</summary>
    public const int MaxBytes = 4096;

    private const string Ellipsis = "…";

    public delegate byte[] Writer(string text, bool hasMetadata, bool isShortened);

    public static byte[] Fit(string text, Writer write, Func<byte[], int> size)
    {
        var whole = write(text, true, false);
        if (size(whole) <= MaxBytes)
            return whole;
        var hasMetadata = size(write(Ellipsis, true, true)) <= MaxBytes;
        if (!hasMetadata && write(text, false, true) is var bare && size(bare) <= MaxBytes)
            return bare;
        return write(Shorten(text, shorter => size(write(shorter, hasMetadata, true)) <= MaxBytes), hasMetadata, true);
    }

    /// <summary>The longest beginning with an ellipsis that fits; what people see as one character stays whole.</summary>
    public static string Shorten(string text, Predicate<string> fits)
    {
        // More characters than bytes never fit.
        var ends = StringInfo.ParseCombiningCharacters(text.Length > MaxBytes ? text[..MaxBytes] : text);
        var (low, high) = (0, ends.Length - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (fits(text[..ends[middle]] + Ellipsis))
                low = middle;
            else
                high = middle - 1;
        }

        return ends.Length == 0 ? Ellipsis : text[..ends[low]] + Ellipsis;
    }
}
