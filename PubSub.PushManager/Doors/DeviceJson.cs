using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using PubSub.Protocol;

namespace PubSub.PushManager.Doors;

/// <summary>A device to register.</summary>
internal sealed record DeviceJson
{
    [Description("The push service: APNS or FCM. Required."), Required]
    public string? Platform { get; init; }

    [Description("The device's token: of APNs as hexadecimal text, of FCM as the app got it. Required."), Required]
    public string? Token { get; init; }

    public PushPlatform ToPlatform() => PushPlatformNames.Parse(Platform?.ToUpperInvariant());

    public static DeviceReplyJson From(RegisterDeviceReply reply) => new() { ExpiresAt = reply.ExpiresAt };
}

internal sealed record DeviceReplyJson
{
    [Description("Unix time in milliseconds until which the token is kept, unless it is registered again.")]
    public required long ExpiresAt { get; init; }
}

internal sealed record DevicesJson
{
    public required IReadOnlyList<RegisteredDeviceJson> Devices { get; init; }

    public static DevicesJson From(ListDevicesReply reply) => new()
    {
        Devices = [.. reply.Devices.Select(static device => new RegisteredDeviceJson
        {
            DeviceId = device.DeviceId,
            Platform = PushPlatformNames.Of(device.Platform),
            RegisteredAt = device.RegisteredAt,
            ExpiresAt = device.ExpiresAt,
        })],
    };
}

internal sealed record RegisteredDeviceJson
{
    public required string DeviceId { get; init; }

    [Description("APNS or FCM.")]
    public required string Platform { get; init; }

    [Description("Unix time in milliseconds.")]
    public required long RegisteredAt { get; init; }

    [Description("Unix time in milliseconds.")]
    public required long ExpiresAt { get; init; }
}

internal sealed record DeviceRemovedJson
{
    [Description("False: it was not registered.")]
    public required bool Removed { get; init; }
}
