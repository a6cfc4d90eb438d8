using System.Globalization;
using Microsoft.Extensions.Options;
using PubSub.Protocol;
using PubSub.PushManager.Upstreams;
using PubSub.PushManager.Webhooks;
using PubSub.ServiceDefaults.Feeds;

namespace PubSub.PushManager.Receipts;

/// <summary>
/// Watches one feed and calls the webhook with each of its receipts: signed and tried again as the offline webhook is.
/// One push manager at a time does this. One that dies may have called with a few receipts that the next one calls with
/// again, under the same key.
/// </summary>
internal sealed partial class ReceiptWebhook(
    FeedWatch<Receipt> watch, WebhookTurn turn, ReceiptMetrics metrics, IOptions<ReceiptOptions> options, TimeProvider time,
    ILogger<ReceiptWebhook> logger) : BackgroundService
{
    private readonly ILogger<ReceiptWebhook> _logger = logger;
    private readonly ReceiptOptions _options = options.Value;
    private readonly SignedWebhook _webhook = new(options.Value.WebhookUrl, options.Value.WebhookSecret, time);
    private readonly CallTries _tries = new(
        options.Value.WebhookTries, TimeSpan.FromMilliseconds(options.Value.WebhookPauseMs),
        TimeSpan.FromMilliseconds(options.Value.WebhookTimeoutMs), time);

    public override void Dispose()
    {
        _webhook.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (_options.CallsWebhook && !stoppingToken.IsCancellationRequested)
        {
            var pause = WebhookTurn.Lease / 3;
            try
            {
                if (await turn.TakeAsync() is { } called)
                    await WorkAsync(called, stoppingToken);
            }
            catch (UpstreamAwayException)
            {
                // Redis comes back, and with it the turn of one of us.
            }
            catch (Exception failure) when (failure is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                // The push manager has more to do than this. It lets its turn end: another one may manage.
                LogBroke(failure, _options.WebhookFeed);
                pause = WebhookTurn.Lease;
            }

            await Task.Delay(pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Returns when the turn is lost or this process stops.</summary>
    private async Task WorkAsync(long called, CancellationToken stoppingToken)
    {
        using var ours = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var keeping = KeepTurnAsync(ours);
        try
        {
            await foreach (var page in watch.PagesAsync(_options.WebhookFeed, called, ours.Token))
            {
                foreach (var some in page.Chunk(_options.WebhookCalls))
                {
                    await Task.WhenAll(some.Select(receipt => CallAsync(receipt, ours.Token)));
                    if (await turn.TakeAsync(some[^1].Number) is null)
                        return;
                }
            }
        }
        catch (OperationCanceledException) when (ours.IsCancellationRequested)
        {
            if (stoppingToken.IsCancellationRequested)
                await turn.GiveBackAsync();
        }
        finally
        {
            await ours.CancelAsync();
            await keeping;
        }
    }

    /// <summary>Beside the calls, which may take longer than the lease.</summary>
    private async Task KeepTurnAsync(CancellationTokenSource ours)
    {
        try
        {
            while (true)
            {
                await Task.Delay(WebhookTurn.Lease / 3, time, ours.Token);
                if (await turn.TakeAsync() is null)
                    break;
            }
        }
        catch (Exception stop) when (stop is OperationCanceledException or UpstreamAwayException)
        {
            // Stopping, or nobody knows whose turn it is now.
        }
        finally
        {
            await ours.CancelAsync();
        }
    }

    private async Task CallAsync(Receipt receipt, CancellationToken cancellationToken)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"{_options.WebhookFeed}-{receipt.Number}");
        var outcome = await _tries.CallAsync(token => PostAsync(key, receipt, token), cancellationToken);
        if (outcome.Result is not NotifyResult.Sent)
            LogGivenUp(receipt.Number, _options.WebhookFeed, outcome.Tries, outcome.Why);
        metrics.Called(outcome.Result.Word());
    }

    private async Task<NotifyOutcome> PostAsync(string key, Receipt receipt, CancellationToken cancellationToken)
    {
        try
        {
            return await _webhook.PostAsync(key, receipt, cancellationToken);
        }
        catch (Exception failure) when (failure is not (HttpRequestException or OperationCanceledException))
        {
            // One that cannot be told must not cost those behind it.
            LogCallBroke(failure, receipt.Number, _options.WebhookFeed);
            return new NotifyOutcome(NotifyResult.Refused, Why: failure.GetType().Name);
        }
    }
}
