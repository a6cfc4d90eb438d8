using PubSub.Protocol;
using PubSub.PushManager.Devices;
using PubSub.PushManager.Log;
using PubSub.PushManager.Upstreams;
using PubSub.PushManager.Webhooks;
using StackExchange.Redis;

namespace PubSub.PushManager.Offline;

/// <summary>Finds a user's devices and hands the push to the route of each.</summary>
internal sealed class DeviceLookup(DeviceStore devices, IReadOnlyDictionary<PushPlatform, NotifierRoute> routes) : IOfflineNotifier
{
    private static readonly TimeSpan PauseWhileAway = TimeSpan.FromSeconds(1);

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
        catch (UpstreamAwayException away) when (away.InnerException is not RedisServerException)
        {
            // Redis is our own. While it is away no further push is accepted, so that what waits for it stays little: an
            // outage uses up none of the tries, however long it is.
            notification.Tries--;
            return new NotifyOutcome(NotifyResult.Failed, Why: away.Message, RetryAfter: PauseWhileAway);
        }
        catch (Exception refused) when (refused is UpstreamAwayException or KeyRefusedException)
        {
            return new NotifyOutcome(NotifyResult.Failed, Why: refused.Message);
        }
    }
}
