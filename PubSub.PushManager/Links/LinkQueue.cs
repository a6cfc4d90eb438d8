using System.Threading.Channels;
using PubSub.Protocol;

namespace PubSub.PushManager.Links;

/// <summary>
/// What waits for one node: messages, bounded, and the gaps that it has to hear of. There is one gap for a channel,
/// the newest, so gaps need no bound of their own. Gaps go first: whatever stands behind them is newer or known.
/// </summary>
internal sealed class LinkQueue(int capacity)
{
    // Customary limit of a gRPC message is 4 MB; a batch stays far below it.
    private const int MaxBatchBytes = 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly Queue<LinkDelivery> _deliveries = new();
    private readonly Dictionary<string, Position> _gaps = [];
    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private bool _isComplete;

    public int Count
    {
        get
        {
            lock (_lock)
                return _deliveries.Count + _gaps.Count;
        }
    }

    /// <summary>False when the queue is full or closed.</summary>
    public bool TryAdd(in LinkDelivery delivery)
    {
        lock (_lock)
        {
            if (_isComplete || _deliveries.Count >= capacity)
                return false;
            _deliveries.Enqueue(delivery);
        }

        Wake();
        return true;
    }

    public void AddGap(Gap gap)
    {
        lock (_lock)
        {
            if (_isComplete)
                return;
            if (!_gaps.TryGetValue(gap.Channel, out var until) || IsNewer(gap.Until, until))
                _gaps[gap.Channel] = gap.Until;
        }

        Wake();
    }

    /// <summary>Takes what fits into one batch, at most <paramref name="max"/>.</summary>
    public void Take(int max, List<LinkDelivery> batch)
    {
        lock (_lock)
        {
            foreach (var (channel, until) in _gaps)
            {
                if (batch.Count == max)
                    break;
                batch.Add(new LinkDelivery(new Delivery { Gap = new Gap { Channel = channel, Until = until } }, null, null));
            }

            foreach (var sent in batch)
                _gaps.Remove(sent.Delivery.Gap.Channel);

            var bytes = 0;
            while (batch.Count < max && _deliveries.TryPeek(out var next))
            {
                bytes += next.Delivery.CalculateSize();
                if (bytes > MaxBatchBytes && batch.Count > 0)
                    break;
                batch.Add(_deliveries.Dequeue());
            }
        }
    }

    /// <summary>Nothing is added any more; what is there can still be taken.</summary>
    public void Complete()
    {
        lock (_lock)
            _isComplete = true;
        Wake();
    }

    /// <summary>Everything that still waits; the queue is empty and closed afterwards.</summary>
    public List<LinkDelivery> CloseAndTakeAll()
    {
        lock (_lock)
        {
            _isComplete = true;
            _gaps.Clear();
            List<LinkDelivery> rest = [.. _deliveries];
            _deliveries.Clear();
            return rest;
        }
    }

    /// <summary>Lets the writer look again: something was added, acknowledged or closed.</summary>
    public void Wake() => _changed.Writer.TryWrite(true);

    /// <summary>Waits until <paramref name="hasRoom"/> and there is something to take; false when all is taken and closed.</summary>
    public async ValueTask<bool> WaitAsync(Func<bool> hasRoom, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (hasRoom())
            {
                lock (_lock)
                {
                    if (_deliveries.Count + _gaps.Count > 0)
                        return true;
                    if (_isComplete)
                        return false;
                }
            }

            await _changed.Reader.ReadAsync(cancellationToken);
        }
    }

    private static bool IsNewer(Position one, Position other) =>
        one.Epoch != other.Epoch ? one.Epoch > other.Epoch : one.Offset > other.Offset;
}
