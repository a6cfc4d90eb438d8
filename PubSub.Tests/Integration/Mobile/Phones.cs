using System.Security.Cryptography;
using PubSub.Protocol;
using PubSub.PushManager.Devices;
using PubSub.PushManager.Offline;

namespace PubSub.Tests.Integration.Mobile;

/// <summary>Notifications and tokens as tests need them.</summary>
internal static class Phones
{
    public static string NewApnsToken() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    public static string NewFcmToken() => "fcm:" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(70));

    public static Notification ToApns(string text, string token = "abcdef01", params (string Key, string Value)[] metadata) =>
        New(text, new Device("phone", PushPlatform.Apns, token, 0), metadata);

    public static Notification ToFcm(string text, string token = "fcm-token", params (string Key, string Value)[] metadata) =>
        New(text, new Device("phone", PushPlatform.Fcm, token, 0), metadata);

    private static Notification New(string text, Device device, (string Key, string Value)[] metadata)
    {
        var message = new ChannelMessage
        {
            Channel = "user:alice",
            MessageId = "m1",
            Position = new Position { Epoch = 17, Offset = 3 },
            Content = new Content { Data = text, Timestamp = 42 },
            Sender = new Sender { UserId = "bob", UserName = "Bob" },
        };
        foreach (var (key, value) in metadata)
            message.Content.Metadata[key] = value;
        return new Notification("alice", message, default, device);
    }
}
