using PubSub.PushManager.Webhooks;

namespace PubSub.PushManager.Offline;

/// <summary>Tells somebody outside that a message waits for a user who has no session: a webhook, a push service.</summary>
internal interface IOfflineNotifier
{
    /// <summary>Its name in metrics, spans and logs.</summary>
    string Name { get; }

    /// <summary>One try. An exception of the network is a failure that is tried again.</summary>
    Task<NotifyOutcome> NotifyAsync(Notification notification, CancellationToken cancellationToken);
}
