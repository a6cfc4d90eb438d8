using PubSub.ServiceDefaults;

namespace PubSub.BizServer.PushLog;

/// <summary>Says at the start what a 202 is worth.</summary>
internal sealed partial class PushLogCheck(IPushLogWriter log, TimeProvider time, ILogger<PushLogCheck> logger) : LogDurabilityCheck(time)
{
    protected override Task<LogDurability> CheckAsync(CancellationToken cancellationToken) => log.CheckDurabilityAsync(cancellationToken);

    protected override bool IsAway(Exception failure) => failure is PushLogAwayException;

    protected override void Tell(LogDurability durability)
    {
        if (durability.IsFull)
            LogDurable(durability.Description);
        else
            LogWeak(durability.Description);
    }

    protected override void TellAway(Exception failure) => LogAway(failure.Message);

    [LoggerMessage(5200, LogLevel.Information, "The push log is durable: {Description}")]
    private partial void LogDurable(string description);

    [LoggerMessage(5201, LogLevel.Warning, "The push log is weaker than it could be: {Description}")]
    private partial void LogWeak(string description);

    [LoggerMessage(5202, LogLevel.Warning, "No push log: {Cause}")]
    private partial void LogAway(string cause);
}
