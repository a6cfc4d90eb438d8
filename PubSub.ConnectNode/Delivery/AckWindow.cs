using System.Threading.Channels;
using PubSub.Protocol;

namespace PubSub.ConnectNode.Delivery;

/// <summary>
/// The deliveries of one stream that are not acknowledged yet. Lanes finish them in any order; acks are cumulative, so
/// an ack goes as far as everything before it is done. Its size is what a push manager may be ahead of this node.
/// </summary>
internal sealed class AckWindow : IDeliveryReceipt
{
    public const int Size = 32 * 1024;
    private const int Open = -1;

    private readonly int[] _sessions = new int[Size];
    private readonly Lock _lock = new();
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Channel<bool> _space = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private long _next;
    private long _end;

    /// <summary>Takes the numbers of a batch in; false where they do not follow those before.</summary>
    public async ValueTask<bool> OpenAsync(long first, int count, CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (_lock)
            {
                if (_end == 0)
                    _next = _end = first;
                if (first != _end || count > Size)
                    return false;
                if (_end + count - _next <= Size)
                {
                    for (var i = 0; i < count; i++)
                        _sessions[(_end + i) % Size] = Open;
                    _end += count;
                    return true;
                }
            }

            await _space.Reader.ReadAsync(cancellationToken);
        }
    }

    public void Complete(long sequence, int sessions)
    {
        bool first;
        lock (_lock)
        {
            _sessions[sequence % Size] = sessions;
            first = sequence == _next;
        }

        // Only the oldest one moves the ack; the others are found when it is done.
        if (first)
            _news.Writer.TryWrite(true);
    }

    /// <summary>The next ack, as soon as there is something to say.</summary>
    public async ValueTask<DeliveryAck> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _news.Reader.ReadAsync(cancellationToken);
            var ack = new DeliveryAck();
            lock (_lock)
            {
                for (; _next < _end && _sessions[_next % Size] != Open; _next++)
                    ack.Sessions.Add(_sessions[_next % Size]);
                ack.Sequence = _next - 1;
            }

            if (ack.Sessions.Count == 0)
                continue;
            _space.Writer.TryWrite(true);
            return ack;
        }
    }

    /// <summary>Completes when all that was taken in has been acknowledged.</summary>
    public async Task DrainedAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (_lock)
            {
                if (_next == _end)
                    return;
            }

            try
            {
                await _space.Reader.ReadAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
