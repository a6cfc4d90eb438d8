using Microsoft.Extensions.Hosting;

namespace PubSub.ServiceDefaults;

/// <summary>Says at the start what a log is worth, as soon as it can be asked.</summary>
public abstract class LogDurabilityCheck(TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(2);

    protected TimeProvider Time => time;

    protected abstract Task<LogDurability> CheckAsync(CancellationToken cancellationToken);

    protected abstract void Tell(LogDurability durability);

    /// <summary>Whether the log may be asked again; it may come back as another than it was.</summary>
    protected abstract bool IsAway(Exception failure);

    /// <summary>It is away at the start; called once.</summary>
    protected virtual void TellAway(Exception failure)
    {
    }

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var isFirst = true; !stoppingToken.IsCancellationRequested; isFirst = false)
        {
            try
            {
                Tell(await CheckAsync(stoppingToken));
                return;
            }
            catch (Exception failure) when (IsAway(failure))
            {
                if (isFirst)
                    TellAway(failure);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(BetweenTries, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
