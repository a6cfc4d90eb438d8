using Microsoft.Extensions.Options;
using PubSub.Protocol;

namespace PubSub.PushManager.Links;

/// <summary>What this push manager keeps for one life of one node, across reconnects.</summary>
/// <remarks>
/// <para>
/// Problem: a push goes to several nodes, and each of them may be slow, hang, or be gone. None may hold up another,
/// and what the log holds must reach the node in the end.
/// </para>
/// <para>
/// Normal run: whoever publishes puts the message into the queue and goes on; he never waits here. One stream at a
/// time takes what has gathered, as one batch, and the node's acks complete the receipts on which publishers wait.
/// A publisher waits for all his nodes at once, at most for the ack time-out.
/// </para>
/// <para>
/// The queue is full: of a logged channel the node is told "gap, read up to here" when there is room again, one gap
/// for a channel however many messages it stands for; of an unlogged one the message is dropped and counted. The
/// node does not take the stream (it starts, stops, or is cut off): the queue stays as it is. The
/// stream breaks: what was not acknowledged is treated in the same way (the node may have it, so sending it again
/// could show an unlogged message twice), and the next attempt starts after a growing pause. No ack within the
/// time-out: the stream is cut, as above, and until the node has acknowledged something again, messages are still
/// queued for it but no publisher waits. The node's lease ends: the link is dropped, all receipts are answered, and
/// nothing is kept, because the next life of the node has other sessions.
/// </para>
/// <para>
/// On shutdown the link closes its queue, sends what is there, waits for the acks, then ends the stream.
/// </para>
/// <para>Not promised: that an unlogged message survives any of this.</para>
/// </remarks>
internal sealed partial class NodeLink : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly NodeAddress _node;
    private readonly NodeConnector _connector;
    private readonly NodeLinkOptions _options;
    private readonly PushMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<NodeLink> _logger;
    private readonly LinkQueue _queue;
    private readonly CancellationTokenSource _dropped = new();
    private readonly Task _running;

    private volatile bool _isUp;

    // False from the moment a stream failed until the node has acknowledged something again.
    private volatile bool _isPrompt = true;

    public NodeLink(
        NodeAddress node, NodeConnector connector, IOptions<NodeLinkOptions> options, PushMetrics metrics, TimeProvider time,
        ILogger<NodeLink> logger)
    {
        _node = node;
        _connector = connector;
        _options = options.Value;
        _metrics = metrics;
        _time = time;
        _logger = logger;
        _queue = new LinkQueue(_options.QueueCapacity);
        _running = Task.Run(RunAsync);
    }

    public NodeAddress Node => _node;

    public int Waiting => _queue.Count;

    /// <summary>The node has taken the present stream.</summary>
    public bool IsUp => _isUp;

    public void Enqueue(in LinkDelivery delivery)
    {
        var waiting = _isPrompt ? delivery : delivery.Unawaited("the node does not answer");
        if (!_queue.TryAdd(waiting))
            Lose(waiting, LossReason.QueueFull);
    }

    public void AddGap(Gap gap) => _queue.AddGap(gap);

    /// <summary>Delivers what is queued, then ends. The token cuts it short.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        _queue.Complete();
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_running.IsCompleted)
            LogNotDrained(_node.Id, _queue.Count);
    }

    /// <summary>Ends at once: the node is gone, or time is up.</summary>
    public async ValueTask DisposeAsync()
    {
        await _dropped.CancelAsync();
        await _running;
        foreach (var delivery in _queue.CloseAndTakeAll())
            Lose(delivery, LossReason.NodeGone);
        _dropped.Dispose();
    }

    private async Task RunAsync()
    {
        using var connection = _connector.Connect(_node);
        var pause = FirstPause;
        while (!_dropped.IsCancellationRequested)
        {
            var stream = new NodeStream(connection.Client, _queue, _options, _time, () => _isUp = true, Acknowledged);
            var end = await stream.RunAsync(_dropped.Token);
            _isUp = false;
            if (end is StreamEnd.Drained)
                return;

            var worked = _isPrompt;
            _isPrompt = false;
            if (_dropped.IsCancellationRequested)
            {
                LoseAll(stream.TakeUnacknowledged(), LossReason.NodeGone);
                return;
            }

            if (worked)
                LogLost(_node.Id, stream.Cause);
            LoseAll(stream.TakeUnacknowledged(), end is StreamEnd.Hung ? LossReason.Hung : LossReason.StreamBroken);

            pause = worked ? FirstPause : pause * 2 < LongestPause ? pause * 2 : LongestPause;
            await Task.Delay(pause, _time, _dropped.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Acknowledged()
    {
        if (_isPrompt)
            return;
        _isPrompt = true;
        LogAnswers(_node.Id);
    }

    private void LoseAll(List<LinkDelivery> deliveries, LossReason reason)
    {
        foreach (var delivery in deliveries)
            Lose(delivery, reason);
    }

    private void Lose(in LinkDelivery delivery, LossReason reason)
    {
        if (delivery.IsRepairable)
        {
            _queue.AddGap(delivery.ToGap());
            _metrics.GapNoted(reason);
        }
        else
        {
            _metrics.Dropped(reason);
        }

        delivery.Missed(reason.ToString());
    }
}

/// <summary>Why a message did not reach a node through its link. Tag of the metrics.</summary>
internal enum LossReason
{
    QueueFull,
    StreamBroken,
    Hung,
    NodeGone,
    UnknownNode,
}
