namespace PubSub.BizServer.PushLog;

/// <summary>Says at the start what a 202 is worth.</summary>
internal sealed partial class PushLogCheck(IPushLogWriter log, TimeProvider time, ILogger<PushLogCheck> logger) : BackgroundService
{
    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var isAway = false; !stoppingToken.IsCancellationRequested;)
        {
            try
            {
                var (isFull, description) = await log.CheckDurabilityAsync(stoppingToken);
                if (isFull)
                    LogDurable(description);
                else
                    LogWeak(description);
                return;
            }
            catch (PushLogAwayException away)
            {
                if (!isAway)
                    LogAway(away.Message);
                isAway = true;
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(BetweenTries, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(5200, LogLevel.Information, "The push log is durable: {Description}")]
    private partial void LogDurable(string description);

    [LoggerMessage(5201, LogLevel.Warning, "The push log is weaker than it could be: {Description}")]
    private partial void LogWeak(string description);

    [LoggerMessage(5202, LogLevel.Warning, "No push log: {Cause}")]
    private partial void LogAway(string cause);
}
