using System.Threading.Channels;
using Microsoft.Extensions.Options;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.PushManager.Links;

namespace PubSub.PushManager.Offline;

/// <summary>
/// The messages of which somebody outside has to be told. It never holds up a push: what finds the queue full is counted
/// and let go, and the message itself waits in the user's log either way. A push manager that dies takes its queue with
/// it.
/// </summary>
internal sealed class OfflineQueue
{
    private readonly Channel<OfflineMessage> _queue;
    private readonly OfflineOptions _options;
    private readonly TimeSpan _ackTimeout;
    private readonly TimeProvider _time;
    private readonly OfflineMetrics _metrics;

    public OfflineQueue(IOptions<OfflineOptions> options, IOptions<NodeLinkOptions> links, TimeProvider time, OfflineMetrics metrics)
    {
        _options = options.Value;
        _ackTimeout = links.Value.AckTimeout;
        _time = time;
        _metrics = metrics;
        _queue = Channel.CreateBounded<OfflineMessage>(_options.Queue);
        metrics.ObserveQueue(() => _queue.Reader.Count);
    }

    public ChannelReader<OfflineMessage> Messages => _queue.Reader;

    /// <summary>Looks at what became of an accepted push to a user.</summary>
    /// <param name="user">The user's channel.</param>
    /// <param name="message">As it was accepted.</param>
    /// <param name="receipt">The nodes that were given it; null where there are none.</param>
    public void Accepted(ChannelId user, ChannelMessage message, PushReceipt? receipt)
    {
        if (!_options.IsOn)
            return;
        if (receipt is null || receipt.Complete.IsCompleted)
            EnqueueIfUnseen(user, message, receipt);
        else
            _ = WaitAsync(user, message, receipt);
    }

    public void Close() => _queue.Writer.TryComplete();

    /// <summary>The publisher may have stopped to wait; whether somebody was reached is known when the nodes answered.</summary>
    private async Task WaitAsync(ChannelId user, ChannelMessage message, PushReceipt receipt)
    {
        await receipt.Complete.WaitAsync(_ackTimeout, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        EnqueueIfUnseen(user, message, receipt);
    }

    private void EnqueueIfUnseen(ChannelId user, ChannelMessage message, PushReceipt? receipt)
    {
        if (receipt is { SessionsReached: > 0 })
            return;
        if (!_queue.Writer.TryWrite(new OfflineMessage(user.Id, message)))
            _metrics.Ended("dropped");
    }
}

internal readonly record struct OfflineMessage(string UserId, ChannelMessage Message);
