using System.ComponentModel.DataAnnotations;
using PubSub.ServiceDefaults;

namespace PubSub.PushManager.Mobile;

/// <summary>What is the same for APNs and FCM.</summary>
internal sealed class MobileOptions
{
    public const string Section = "Mobile";

    [Setting("MOBILE_TEXT", "What a phone shows of a push that has no text"), MinLength(1), MaxLength(200)]
    public string Text { get; set; } = "New message";

    [Setting("MOBILE_SOUND", "Sound that a phone plays, unless the push names another; empty: none"), MaxLength(64)]
    public string Sound { get; set; } = "default";

    [Setting("MOBILE_SECONDS", "Seconds for which APNs and FCM keep a notification for a phone that is off; 0: not at all"), Range(0, 2_419_200)]
    public int Seconds { get; set; } = 604_800;
}
