using PubSub.Protocol;

namespace PubSub.PushManager.Offline;

/// <summary>Tells somebody outside that a message waits for a user who has no session: a webhook, a push service.</summary>
internal interface IOfflineNotifier
{
    /// <summary>One try. An exception of the network is a failure that is tried again.</summary>
    Task<NotifyResult> NotifyAsync(string userId, ChannelMessage message, CancellationToken cancellationToken);
}

internal enum NotifyResult
{
    Sent,

    /// <summary>It would be refused again.</summary>
    Refused,

    /// <summary>It may go well later.</summary>
    Failed,
}
