using Microsoft.Extensions.Options;
using PubSub.Protocol;
using PubSub.PushManager.Webhooks;

namespace PubSub.PushManager.Offline;

/// <summary>POSTs the message as JSON, with the message id as its key.</summary>
internal sealed class WebhookNotifier(IOptions<OfflineOptions> options, TimeProvider time) : IOfflineNotifier, IDisposable
{
    private readonly SignedWebhook _webhook = new(options.Value.WebhookUrl, options.Value.WebhookSecret, time);

    public string Name => "webhook";

    public Task<NotifyOutcome> NotifyAsync(Notification notification, CancellationToken cancellationToken) => _webhook.PostAsync(
        notification.Message.MessageId,
        new OfflineNotification { UserId = notification.UserId, Message = notification.Message },
        cancellationToken);

    public void Dispose() => _webhook.Dispose();
}
