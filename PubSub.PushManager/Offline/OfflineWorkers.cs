using Microsoft.Extensions.Options;
using PubSub.PushManager.Webhooks;

namespace PubSub.PushManager.Offline;

/// <summary>Take from the queue and tell, again with growing pauses where it may go well later.</summary>
internal sealed partial class OfflineWorkers(
    OfflineQueue queue, IOfflineNotifier notifier, OfflineMetrics metrics, IOptions<OfflineOptions> options,
    TimeProvider time, ILogger<OfflineWorkers> logger) : BackgroundService
{
    private readonly ILogger<OfflineWorkers> _logger = logger;
    private readonly OfflineOptions _options = options.Value;
    private readonly CallTries _tries = new(options.Value.Tries, options.Value.Pause, options.Value.Timeout, time);

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
        var outcome = await _tries.CallAsync(token => notifier.NotifyAsync(message.UserId, message.Message, token), stoppingToken);
        if (outcome.Result is not NotifyResult.Sent)
            LogGivenUp(message.Message.MessageId, outcome.Tries, outcome.Why);
        return outcome.Word;
    }
}
