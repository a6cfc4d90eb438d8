using System.Diagnostics.Metrics;

namespace PubSub.PushManager.Receipts;

internal sealed class ReceiptMetrics
{
    private readonly Counter<long> _told;
    private readonly Counter<long> _calls;
    private readonly UpDownCounter<long> _watchers;

    public ReceiptMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(PushMetrics.MeterName);
        _told = meter.CreateCounter<long>("push_manager_receipts_total", "{receipt}", "Receipts put into feeds.");
        _calls = meter.CreateCounter<long>("push_manager_receipt_calls_total", "{receipt}", "Receipts that the webhook was called with, by result: sent, refused or failed (after all tries).");
        _watchers = meter.CreateUpDownCounter<long>("push_manager_receipt_watchers", "{watcher}", "Watchers of receipts that are connected.");
    }

    public void Told(int receipts) => _told.Add(receipts);

    public void Called(string result) => _calls.Add(1, new KeyValuePair<string, object?>("result", result));

    public void Watching(int change) => _watchers.Add(change);
}
