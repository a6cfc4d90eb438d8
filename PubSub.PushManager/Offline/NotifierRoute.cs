using PubSub.PushManager.Devices;
using PubSub.PushManager.Log;
using PubSub.PushManager.Upstreams;
using PubSub.PushManager.Webhooks;

namespace PubSub.PushManager.Offline;

/// <summary>
/// One notifier with its own queue and workers, which try again with growing pauses where it may go well later. No route
/// waits for another: a receiver that is down fills its own queue alone.
/// </summary>
internal sealed partial class NotifierRoute(
    IOfflineNotifier notifier, OfflineOptions options, DeviceStore devices, OfflineMetrics metrics, TimeProvider time, ILogger<NotifierRoute> logger)
{
    private readonly ILogger<NotifierRoute> _logger = logger;
    private readonly NotifierQueue _queue = new(options.Queue, time);
    private readonly CallTries _tries = new(options.Tries, options.Pause, options.Timeout, time);

    public string Name => notifier.Name;

    public int Waiting => _queue.Waiting;

    public int UnderWay => _queue.UnderWay;

    public void Enter(Notification notification)
    {
        if (!_queue.TryEnter(notification))
            metrics.Ended(Name, "dropped");
    }

    /// <summary>Until the route is closed and what waits in it has ended.</summary>
    public Task RunAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, options.Workers).Select(_ => WorkAsync(stoppingToken)));

    public void Close() => _queue.Close();

    private async Task WorkAsync(CancellationToken stoppingToken)
    {
        await foreach (var notification in _queue.TakeAllAsync(stoppingToken))
        {
            notification.Tries++;
            var outcome = await TryAsync(notification, stoppingToken);
            if (outcome.Result is NotifyResult.Failed && notification.Tries < options.Tries
                && _queue.TryAgain(notification, _tries.PauseAfter(notification.Tries, outcome.RetryAfter)))
            {
                continue;
            }

            await EndAsync(notification, outcome);
            _queue.Ended();
        }
    }

    private async Task EndAsync(Notification notification, NotifyOutcome outcome)
    {
        metrics.Ended(Name, outcome.Result.Word());
        if (outcome.Result is NotifyResult.Refused or NotifyResult.Failed)
            LogGivenUp(Name, notification.Message.MessageId, notification.Tries, outcome.Why);
        else if (outcome.Result is NotifyResult.Gone && notification.Device is { } device)
            await ForgetAsync(notification.UserId, device, outcome);
    }

    private async Task ForgetAsync(string userId, Device device, NotifyOutcome outcome)
    {
        try
        {
            if (await devices.RemoveAsync(userId, device, outcome.GoneAt))
                LogForgotten(Name, device.Id, userId, outcome.Why);
        }
        catch (Exception refused) when (refused is UpstreamAwayException or KeyRefusedException)
        {
            LogNotForgotten(Name, device.Id, userId, refused.Message);
        }
    }

    private async Task<NotifyOutcome> TryAsync(Notification notification, CancellationToken stoppingToken)
    {
        using var span = PushSpans.StartNotification(Name, notification);
        var started = time.GetTimestamp();
        var outcome = await AskAsync(notification, stoppingToken);
        metrics.Tried(Name, outcome.Status, time.GetElapsedTime(started));
        PushSpans.Describe(span, outcome);
        return outcome;
    }

    private async Task<NotifyOutcome> AskAsync(Notification notification, CancellationToken stoppingToken)
    {
        try
        {
            return await _tries.TryAsync(token => notifier.NotifyAsync(notification, token), stoppingToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // One that cannot be told must not end the worker, and with it those behind it.
            LogBroke(failure, Name, notification.Message.MessageId);
            return new NotifyOutcome(NotifyResult.Refused, Why: failure.GetType().Name);
        }
    }
}
