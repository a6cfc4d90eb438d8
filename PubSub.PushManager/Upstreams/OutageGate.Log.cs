namespace PubSub.PushManager.Upstreams;

internal sealed partial class OutageGate
{
    [LoggerMessage(3100, LogLevel.Warning, "{Service} is away: {Cause}. Pushes that need it are refused until it is back.")]
    private static partial void LogAway(ILogger logger, string service, string cause);

    [LoggerMessage(3101, LogLevel.Information, "{Service} is back after {Seconds:F1} s.")]
    private static partial void LogBack(ILogger logger, string service, double seconds);
}
