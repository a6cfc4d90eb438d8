namespace PubSub.PushManager.Mobile;

internal sealed partial class RotatedKey<T>
{
    [LoggerMessage(3360, LogLevel.Information, "{Setting}: the file has another key, which is used from now on.")]
    private static partial void LogReplaced(ILogger logger, string setting);

    [LoggerMessage(3361, LogLevel.Warning, "{Setting}: the file changed and cannot be used, so the former key stays: {Wrong}")]
    private static partial void LogUnusable(ILogger logger, string setting, string wrong);
}
