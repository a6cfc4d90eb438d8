using Microsoft.Extensions.Options;

namespace PubSub.PushManager.Offline;

/// <summary>Take from the queue and tell, again with growing pauses where it may go well later.</summary>
internal sealed partial class OfflineWorkers(
    OfflineQueue queue, IOfflineNotifier notifier, OfflineMetrics metrics, IOptions<OfflineOptions> options,
    TimeProvider time, ILogger<OfflineWorkers> logger) : BackgroundService
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly ILogger<OfflineWorkers> _logger = logger;
    private readonly OfflineOptions _options = options.Value;

    /// <summary>What waits is told, as long as the stop has patience.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        queue.Close();
        if (ExecuteTask is { } working)
            await working.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.StopAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _options.IsOn
        ? Task.WhenAll(Enumerable.Range(0, _options.Workers).Select(_ => WorkAsync(stoppingToken)))
        : Task.CompletedTask;

    private async Task WorkAsync(CancellationToken stoppingToken)
    {
        await foreach (var message in queue.Messages.ReadAllAsync(stoppingToken))
            metrics.Ended(await TellAsync(message, stoppingToken));
    }

    private async Task<string> TellAsync(OfflineMessage message, CancellationToken stoppingToken)
    {
        for (var tries = 1; ; tries++)
        {
            var (result, why) = await TryAsync(message, stoppingToken);
            if (result is NotifyResult.Sent)
                return "sent";
            if (result is NotifyResult.Refused || tries == _options.Tries)
            {
                LogGivenUp(message.Message.MessageId, tries, why);
                return result is NotifyResult.Refused ? "refused" : "failed";
            }

            await Task.Delay(PauseAfter(tries), time, stoppingToken);
        }
    }

    private async Task<(NotifyResult Result, string Why)> TryAsync(OfflineMessage message, CancellationToken stoppingToken)
    {
        using var patience = new CancellationTokenSource(_options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stoppingToken);
        try
        {
            var result = await notifier.NotifyAsync(message.UserId, message.Message, either.Token);
            return (result, "it answered with a failure");
        }
        catch (HttpRequestException failure)
        {
            return (NotifyResult.Failed, failure.Message);
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            return (NotifyResult.Failed, "it did not answer in time");
        }
    }

    /// <summary>Half of it at random: those who failed together need not come back together.</summary>
    private TimeSpan PauseAfter(int tries)
    {
        var pause = Math.Min(LongestPause.TotalMilliseconds, _options.PauseMs * Math.Pow(2, tries - 1));
        return TimeSpan.FromMilliseconds(pause * (0.5 + (Random.Shared.NextDouble() / 2)));
    }
}
