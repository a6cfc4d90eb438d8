using System.Diagnostics.Metrics;

namespace PubSub.PushManager.Offline;

internal sealed class OfflineMetrics
{
    private readonly Meter _meter;
    private readonly Counter<long> _notifications;

    public OfflineMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(PushMetrics.MeterName);
        _notifications = _meter.CreateCounter<long>("push_manager_offline_total", "{notification}", "Notifications of pushes that reached no session, by result: sent, refused, failed (after all tries) or dropped (the queue was full).");
    }

    public void Ended(string result) => _notifications.Add(1, new KeyValuePair<string, object?>("result", result));

    public void ObserveQueue(Func<int> waiting) =>
        _meter.CreateObservableGauge("push_manager_offline_queue", waiting, "{notification}", "Notifications that wait.");
}
