namespace PubSub.PushManager.Receipts;

internal sealed partial class ReceiptWebhook
{
    [LoggerMessage(3360, LogLevel.Warning, "The webhook did not take receipt {Number} of feed {Feed} after {Tries} tries: {Reason}. It stands in the feed (WatchReceipts).")]
    private partial void LogGivenUp(long number, string feed, int tries, string reason);
}
