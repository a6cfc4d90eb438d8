using System.Diagnostics;
using Microsoft.Extensions.Options;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.PushManager.Links;

namespace PubSub.PushManager.Offline;

/// <summary>
/// Finds the pushes to users that reached no session, of which somebody outside has to be told. It never holds up a push:
/// what finds a queue full is counted and let go, and the message itself waits in the user's log either way. A push
/// manager that dies takes its queues with it.
/// </summary>
internal sealed class OfflineWatch(NotifierRoutes routes, IOptions<NodeLinkOptions> links, TimeProvider time)
{
    private readonly TimeSpan _ackTimeout = links.Value.AckTimeout;

    /// <summary>Looks at what became of an accepted push to a user.</summary>
    /// <param name="user">The user's channel.</param>
    /// <param name="message">As it was accepted.</param>
    /// <param name="receipt">The nodes that were given it; null where there are none.</param>
    public void Accepted(ChannelId user, ChannelMessage message, PushReceipt? receipt)
    {
        if (!routes.AreAny)
            return;
        var push = new Notification(user.Id, message, Activity.Current?.Context ?? default);
        if (receipt is null || receipt.Complete.IsCompleted)
            TellIfUnseen(push, receipt);
        else
            _ = WaitAsync(push, receipt);
    }

    /// <summary>The publisher may have stopped to wait; whether somebody was reached is known when the nodes answered.</summary>
    private async Task WaitAsync(Notification push, PushReceipt receipt)
    {
        await receipt.Complete.WaitAsync(_ackTimeout, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        TellIfUnseen(push, receipt);
    }

    private void TellIfUnseen(Notification push, PushReceipt? receipt)
    {
        if (receipt is not { SessionsReached: > 0 })
            routes.Tell(push);
    }
}
