namespace PubSub.PushManager.Offline;

internal sealed partial class OfflineWorkers
{
    [LoggerMessage(3350, LogLevel.Warning, "Nobody outside was told of message {MessageId} after {Tries} tries: {Reason}. It waits in the user's log.")]
    private partial void LogGivenUp(string messageId, int tries, string reason);
}
