using System.ComponentModel.DataAnnotations;
using PubSub.PushManager.Webhooks;
using PubSub.ServiceDefaults;

namespace PubSub.PushManager.Offline;

internal sealed class OfflineOptions
{
    public const string Section = "Offline";

    [Setting("OFFLINE_WEBHOOK_URL", "Called with each push to a user that reached no session; empty: nobody is")]
    public string WebhookUrl { get; set; } = "";

    [Setting("OFFLINE_WEBHOOK_SECRET", "Key of the signature that the webhook's calls carry", Secret = true)]
    public string WebhookSecret { get; set; } = "";

    [Setting("OFFLINE_QUEUE", "Notifications that may wait for each notifier; further ones are dropped and counted"), Range(1, 10_000_000)]
    public int Queue { get; set; } = 10_000;

    [Setting("OFFLINE_WORKERS", "Notifications under way at each notifier at the same time"), Range(1, 1000)]
    public int Workers { get; set; } = 16;

    [Setting("OFFLINE_TRIES", "Tries before a notification is given up"), Range(1, 100)]
    public int Tries { get; set; } = 6;

    [Setting("OFFLINE_PAUSE_MS", "Milliseconds before the second try; each further pause is twice as long, with jitter"), Range(1, 600_000)]
    public int PauseMs { get; set; } = 500;

    [Setting("OFFLINE_TIMEOUT_MS", "Milliseconds that one try may take"), Range(10, 600_000)]
    public int TimeoutMs { get; set; } = 5000;

    public bool IsOn => WebhookUrl.Length > 0;

    public TimeSpan Timeout => TimeSpan.FromMilliseconds(TimeoutMs);

    public TimeSpan Pause => TimeSpan.FromMilliseconds(PauseMs);

    public IEnumerable<string> Faults() =>
        SignedWebhook.Faults("OFFLINE_WEBHOOK_URL", WebhookUrl, "OFFLINE_WEBHOOK_SECRET", WebhookSecret);
}
