namespace PubSub.PushManager.Log;

internal sealed partial class ChannelLogCheck
{
    [LoggerMessage(3112, LogLevel.Information, "The channels' logs are durable: {Description}")]
    private partial void LogDurable(string description);

    [LoggerMessage(3113, LogLevel.Warning, "The channels' logs are weaker than they could be: {Description}")]
    private partial void LogWeak(string description);
}
