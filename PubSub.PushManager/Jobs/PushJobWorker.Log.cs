namespace PubSub.PushManager.Jobs;

internal sealed partial class PushJobWorker
{
    [LoggerMessage(3400, LogLevel.Error, "A job worker failed in a way nobody expected; it goes on.")]
    private partial void LogFailed(Exception failure);

    [LoggerMessage(3401, LogLevel.Warning, "Jobs of the push log wait: {Cause}")]
    private partial void LogAway(string cause);

    [LoggerMessage(3402, LogLevel.Warning, "Job {MessageId} to {Channel} is a dead letter: {Reason}")]
    private partial void LogBuried(string messageId, string channel, string reason);
}
