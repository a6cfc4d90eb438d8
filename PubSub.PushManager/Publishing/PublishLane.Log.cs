namespace PubSub.PushManager.Publishing;

internal sealed partial class PublishLane
{
    [LoggerMessage(3000, LogLevel.Error, "A batch of {Count} pushes failed in a way nobody expected.")]
    private partial void LogBatchFailed(Exception failure, int count);
}
