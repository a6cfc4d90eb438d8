namespace PubSub.PushManager.Receipts;

internal sealed partial class ReceiptWebhook
{
    [LoggerMessage(3370, LogLevel.Warning, "The webhook did not take receipt {Number} of feed {Feed} after {Tries} tries: {Reason}. It stands in the feed (WatchReceipts).")]
    private partial void LogGivenUp(long number, string feed, int tries, string reason);

    [LoggerMessage(3371, LogLevel.Error, "The call of the webhook with receipt {Number} of feed {Feed} broke.")]
    private partial void LogCallBroke(Exception failure, long number, string feed);

    [LoggerMessage(3372, LogLevel.Error, "The webhook cannot be called with the receipts of feed {Feed}; it is tried again.")]
    private partial void LogBroke(Exception failure, string feed);
}
