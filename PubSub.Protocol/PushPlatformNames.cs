namespace PubSub.Protocol;

/// <summary>The words for the push services of phones in JSON.</summary>
public static class PushPlatformNames
{
    public static string Of(PushPlatform platform) => platform switch
    {
        PushPlatform.Apns => "APNS",
        PushPlatform.Fcm => "FCM",
        _ => "",
    };

    /// <summary>A word that is no platform becomes a number that is none: the rules of devices answer it with an error.</summary>
    public static PushPlatform Parse(string? name) => name switch
    {
        null or "" => PushPlatform.Unspecified,
        "APNS" => PushPlatform.Apns,
        "FCM" => PushPlatform.Fcm,
        _ => (PushPlatform)(-1),
    };
}
