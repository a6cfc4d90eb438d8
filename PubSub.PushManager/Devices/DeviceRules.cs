using PubSub.Protocol;
using PubSub.Protocol.Channels;

namespace PubSub.PushManager.Devices;

/// <summary>What a registration may say. Each complaint begins with the field.</summary>
internal static class DeviceRules
{
    private const int MaxApnsLength = 200;
    private const int MaxFcmLength = 4096;

    public static string? Complaint(RegisterDeviceRequest request) =>
        Complaint(request.UserId, request.DeviceId) ?? request.Platform switch
        {
            PushPlatform.Apns => ComplaintOfApns(request.Token),
            PushPlatform.Fcm => ComplaintOfFcm(request.Token),
            PushPlatform.Unspecified => "platform is not set: give APNS or FCM.",
            _ => "platform is not known: give APNS or FCM.",
        };

    public static string? Complaint(string userId, string deviceId) =>
        IdRules.Complaint("user_id", userId) ?? IdRules.Complaint("device_id", deviceId);

    /// <summary>Apple may change the length; that it is bytes in hexadecimal is all that the path of a request needs.</summary>
    private static string? ComplaintOfApns(string token) => token switch
    {
        "" => "token is empty: give the device token of APNs as hexadecimal text.",
        { Length: > MaxApnsLength } => $"token is longer than the {MaxApnsLength} hexadecimal digits that APNs gives at most.",
        _ when token.Length % 2 != 0 || !token.All(char.IsAsciiHexDigit) => "token is no device token of APNs: give its bytes as hexadecimal text, without spaces.",
        _ => null,
    };

    private static string? ComplaintOfFcm(string token) => token switch
    {
        "" => "token is empty: give the registration token of FCM.",
        { Length: > MaxFcmLength } => $"token is longer than {MaxFcmLength} characters.",
        _ when !token.All(static character => character is > ' ' and <= '~') => "token is no registration token of FCM: give it as the app got it, without spaces.",
        _ => null,
    };
}
