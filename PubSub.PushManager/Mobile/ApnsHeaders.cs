using System.Globalization;

namespace PubSub.PushManager.Mobile;

/// <summary>How APNs is to carry a message: headers of our request, or of the one that FCM makes for us.</summary>
internal static class ApnsHeaders
{
    /// <param name="message">What to show.</param>
    /// <param name="seconds">How long APNs keeps it; 0: it is for now or never.</param>
    /// <param name="now">The time.</param>
    public static IEnumerable<(string Name, string Value)> Of(MobileMessage message, int seconds, DateTimeOffset now)
    {
        yield return ("apns-push-type", message.IsSilent ? "background" : "alert");
        yield return ("apns-priority", message.IsUrgent ? "10" : "5");
        yield return ("apns-expiration", seconds == 0 ? "0" : (now.ToUnixTimeSeconds() + seconds).ToString(CultureInfo.InvariantCulture));
        if (message.CollapseId.Length > 0)
            yield return ("apns-collapse-id", MobileJson.CollapseText(message.CollapseId));
    }
}
