using System.Diagnostics.Metrics;
using System.Globalization;

namespace PubSub.PushManager.Offline;

internal sealed class OfflineMetrics
{
    private readonly Meter _meter;
    private readonly Counter<long> _notifications;
    private readonly Counter<long> _tries;
    private readonly Histogram<double> _duration;

    public OfflineMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(PushMetrics.MeterName);
        _notifications = _meter.CreateCounter<long>("push_manager_offline_total", "{notification}", "Notifications of pushes that reached no session, by notifier and result: sent, refused, failed (after all tries), gone (the device's token is), nobody (no device) or dropped (the queue was full).");
        _tries = _meter.CreateCounter<long>("push_manager_offline_tries_total", "{try}", "Tries to tell, by notifier and HTTP status of the answer; 0 where none came.");
        _duration = _meter.CreateHistogram<double>("push_manager_offline_duration_seconds", "s", "Time that one try took, by notifier.");
    }

    public void Ended(string notifier, string result) => _notifications.Add(1, Of(notifier), new("result", result));

    public void Tried(string notifier, int status, TimeSpan took)
    {
        _tries.Add(1, Of(notifier), new("status", status.ToString(CultureInfo.InvariantCulture)));
        _duration.Record(took.TotalSeconds, Of(notifier));
    }

    public void ObserveRoutes(IReadOnlyList<NotifierRoute> routes)
    {
        _meter.CreateObservableGauge("push_manager_offline_queue", () => routes.Select(static route => new Measurement<int>(route.Waiting, Of(route.Name))), "{notification}", "Notifications that wait, those that pause before their next try among them.");
        _meter.CreateObservableGauge("push_manager_offline_under_way", () => routes.Select(static route => new Measurement<int>(route.UnderWay, Of(route.Name))), "{notification}", "Notifications in a try now.");
    }

    private static KeyValuePair<string, object?> Of(string notifier) => new("notifier", notifier);
}
