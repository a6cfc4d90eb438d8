using System.ComponentModel.DataAnnotations;
using PubSub.Protocol.Channels;
using PubSub.PushManager.Webhooks;
using PubSub.ServiceDefaults;

namespace PubSub.PushManager.Receipts;

internal sealed class ReceiptOptions
{
    public const string Section = "Receipts";

    [Setting("RECEIPTS_KEPT", "Receipts that a feed keeps for watchers who come back; about so many"), Range(100, 100_000_000)]
    public int Kept { get; set; } = 100_000;

    [Setting("RECEIPTS_SECONDS", "Seconds that a feed is kept after its last receipt"), Range(60, 31_536_000)]
    public int Seconds { get; set; } = 604_800;

    [Setting("RECEIPTS_POLL_MS", "Milliseconds between two looks for new receipts, for all watchers together"), Range(10, 60_000)]
    public int PollMs { get; set; } = 200;

    [Setting("RECEIPT_WEBHOOK_URL", "Called with each receipt of the webhook's feed; empty: nobody is")]
    public string WebhookUrl { get; set; } = "";

    [Setting("RECEIPT_WEBHOOK_SECRET", "Key of the signature that the webhook's calls carry", Secret = true)]
    public string WebhookSecret { get; set; } = "";

    [Setting("RECEIPT_WEBHOOK_FEED", "The feed whose receipts the webhook is called with")]
    public string WebhookFeed { get; set; } = "webhook";

    [Setting("RECEIPT_WEBHOOK_CALLS", "Calls of the webhook under way at the same time"), Range(1, 500)]
    public int WebhookCalls { get; set; } = 16;

    [Setting("RECEIPT_WEBHOOK_TRIES", "Tries before a receipt is left to the feed alone"), Range(1, 100)]
    public int WebhookTries { get; set; } = 6;

    [Setting("RECEIPT_WEBHOOK_PAUSE_MS", "Milliseconds before the second try; each further pause is twice as long, with jitter"), Range(1, 600_000)]
    public int WebhookPauseMs { get; set; } = 500;

    [Setting("RECEIPT_WEBHOOK_TIMEOUT_MS", "Milliseconds that one try may take"), Range(10, 600_000)]
    public int WebhookTimeoutMs { get; set; } = 5000;

    public TimeSpan Poll => TimeSpan.FromMilliseconds(PollMs);

    public bool CallsWebhook => WebhookUrl.Length > 0;

    public IEnumerable<string> Faults()
    {
        foreach (var fault in SignedWebhook.Faults("RECEIPT_WEBHOOK_URL", WebhookUrl, "RECEIPT_WEBHOOK_SECRET", WebhookSecret))
            yield return fault;
        if (IdRules.Complaint("RECEIPT_WEBHOOK_FEED", WebhookFeed) is { } complaint)
            yield return complaint;
    }
}
