namespace PubSub.PushManager.Offline;

internal sealed partial class NotifierRoute
{
    [LoggerMessage(3350, LogLevel.Warning, "{Notifier}: nobody outside was told of message {MessageId} after {Tries} tries: {Reason}. It waits in the user's log.")]
    private partial void LogGivenUp(string notifier, string messageId, int tries, string reason);

    [LoggerMessage(3351, LogLevel.Information, "{Notifier}: device {DeviceId} of user {UserId} has no valid token any more ({Reason}); it is no longer registered.")]
    private partial void LogForgotten(string notifier, string deviceId, string userId, string reason);

    [LoggerMessage(3352, LogLevel.Warning, "{Notifier}: device {DeviceId} of user {UserId} has no valid token any more, but stays registered until its next push: {Reason}")]
    private partial void LogNotForgotten(string notifier, string deviceId, string userId, string reason);

    [LoggerMessage(3353, LogLevel.Error, "{Notifier}: a try to tell of message {MessageId} broke.")]
    private partial void LogBroke(Exception failure, string notifier, string messageId);
}
