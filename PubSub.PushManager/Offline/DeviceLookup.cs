using PubSub.Protocol;
using PubSub.PushManager.Devices;
using PubSub.PushManager.Upstreams;
using PubSub.PushManager.Webhooks;

namespace PubSub.PushManager.Offline;

/// <summary>Finds a user's devices and hands the push to the route of each.</summary>
internal sealed class DeviceLookup(DeviceStore devices, IReadOnlyDictionary<PushPlatform, NotifierRoute> routes) : IOfflineNotifier
{
    public string Name => "devices";

    public async Task<NotifyOutcome> NotifyAsync(Notification notification, CancellationToken cancellationToken)
    {
        try
        {
            var found = false;
            foreach (var device in await devices.ListAsync(notification.UserId))
            {
                if (!routes.TryGetValue(device.Platform, out var route))
                    continue;
                route.Enter(notification with { Device = device, Tries = 0 });
                found = true;
            }

            return new NotifyOutcome(found ? NotifyResult.Sent : NotifyResult.Nobody);
        }
        catch (UpstreamAwayException away)
        {
            return new NotifyOutcome(NotifyResult.Failed, Why: away.Message);
        }
    }
}
