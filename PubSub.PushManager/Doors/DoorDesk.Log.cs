namespace PubSub.PushManager.Doors;

internal sealed partial class DoorDesk
{
    [LoggerMessage(3300, LogLevel.Error, "{Method} failed.")]
    private partial void LogFailed(Exception failure, string method);
}
