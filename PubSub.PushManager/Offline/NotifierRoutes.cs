using Microsoft.Extensions.Options;
using PubSub.Protocol;
using PubSub.PushManager.Devices;
using PubSub.PushManager.Mobile;

namespace PubSub.PushManager.Offline;

/// <summary>
/// The ways to those outside, each of them on by its own settings. A webhook is told at once; for the push services the
/// user's devices are looked up first, on a route of its own, so that a Redis that is away is tried again like any other
/// receiver, and then each device is a notification of its own: one that fails is tried again alone.
/// </summary>
internal sealed class NotifierRoutes : BackgroundService
{
    private readonly NotifierRoute? _webhook;
    private readonly NotifierRoute? _lookup;
    private readonly Dictionary<PushPlatform, NotifierRoute> _mobile = [];
    private readonly List<NotifierRoute> _all = [];

    public NotifierRoutes(
        IOptions<OfflineOptions> options, IOptions<ApnsOptions> apns, IOptions<FcmOptions> fcm, IServiceProvider services,
        OfflineMetrics metrics)
    {
        if (options.Value.IsOn)
            _webhook = Add(services.GetRequiredService<WebhookNotifier>());
        if (apns.Value.IsOn)
            _mobile[PushPlatform.Apns] = Add(services.GetRequiredService<ApnsNotifier>());
        if (fcm.Value.IsOn)
            _mobile[PushPlatform.Fcm] = Add(services.GetRequiredService<FcmNotifier>());
        if (_mobile.Count > 0)
            _lookup = Add(new DeviceLookup(services.GetRequiredService<DeviceStore>(), _mobile));
        metrics.ObserveRoutes(_all);

        NotifierRoute Add(IOfflineNotifier notifier)
        {
            var route = new NotifierRoute(
                notifier, options.Value, services.GetRequiredService<DeviceStore>(), metrics, services.GetRequiredService<TimeProvider>(),
                services.GetRequiredService<ILogger<NotifierRoute>>());
            _all.Add(route);
            return route;
        }
    }

    public bool AreAny => _all.Count > 0;

    public void Tell(Notification push)
    {
        _webhook?.Enter(push with { });
        _lookup?.Enter(push with { });
    }

    /// <summary>What waits is told, as long as the stop has patience: first what still has to be looked up.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _webhook?.Close();
        _lookup?.Close();
        if (ExecuteTask is { } working)
            await working.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var mobile = Task.WhenAll(_mobile.Values.Select(route => route.RunAsync(stoppingToken)));
        var webhook = _webhook?.RunAsync(stoppingToken) ?? Task.CompletedTask;
        try
        {
            await (_lookup?.RunAsync(stoppingToken) ?? Task.CompletedTask);
        }
        finally
        {
            foreach (var route in _mobile.Values)
                route.Close();
        }

        await Task.WhenAll(mobile, webhook);
    }
}
