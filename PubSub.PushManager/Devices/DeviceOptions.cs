using System.ComponentModel.DataAnnotations;
using PubSub.ServiceDefaults;

namespace PubSub.PushManager.Devices;

internal sealed class DeviceOptions
{
    public const string Section = "Devices";

    // FCM itself takes a token for dead that its app has not used for 270 days.
    [Setting("DEVICE_TOKEN_SECONDS", "Seconds that a device's token is kept after its last registration"), Range(60, 315_360_000)]
    public long TokenSeconds { get; set; } = 270 * 86_400;

    [Setting("DEVICES_PER_USER", "Devices that a user may have registered; one more replaces the one registered longest ago"), Range(1, 1000)]
    public int PerUser { get; set; } = 32;
}
