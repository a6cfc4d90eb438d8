using Microsoft.Extensions.Logging;

namespace PubSub.ServiceDefaults;

internal sealed partial class GracefulStop
{
    [LoggerMessage(100, LogLevel.Information, "stopping; what is in flight has {Seconds} s")]
    private partial void LogStopping(int seconds);

    [LoggerMessage(101, LogLevel.Information, "doors stay open for {Seconds} s while /health says no")]
    private partial void LogDelay(int seconds);

    [LoggerMessage(102, LogLevel.Error, "still not down after {Seconds} s: cut off")]
    private partial void LogCutOff(int seconds);
}
