using System.Threading.Channels;
using Microsoft.Extensions.Options;
using PubSub.ConnectNode.Delivery;

namespace PubSub.ConnectNode.Sessions;

/// <summary>
/// What waits in all outboxes of the node, and the bounds of it. Bytes and frames are counted once for each session that
/// waits for them; memory is counted once, because sessions that are in step share their frames.
/// </summary>
internal sealed class OutboxGauge(long maxMemory = long.MaxValue, long maxFrames = OutboxGauge.MostFrames)
{
    public const long MostFrames = 50_000_000;

    // Bytes above, frames below: one atomic step changes both.
    private const int FrameBits = 26;
    private const long FrameMask = (1L << FrameBits) - 1;

    private readonly Channel<bool> _isHigh = Channel.CreateUnbounded<bool>(new UnboundedChannelOptions { SingleReader = true });
    private long _waiting;
    private long _memory;
    private int _isTold;

    public OutboxGauge(IOptions<NodeOptions> options)
        : this(options.Value.OutboxNodeMaxBytes, options.Value.OutboxNodeMaxFrames)
    {
    }

    public long Bytes => Interlocked.Read(ref _waiting) >> FrameBits;

    public long Frames => Interlocked.Read(ref _waiting) & FrameMask;

    /// <summary>Bytes that the frames take which wait or are being written to a full socket.</summary>
    public long Memory => Interlocked.Read(ref _memory);

    /// <summary>Nothing more may wait.</summary>
    public bool IsFull => Memory >= maxMemory || Frames >= maxFrames;

    /// <summary>So much that frames are better written one by one: sessions share them, but not always what they are joined into.</summary>
    public bool IsTight => Memory >= maxMemory / 2;

    /// <summary>So near to the bounds that the largest backlogs have to go.</summary>
    public bool IsHigh => Memory >= maxMemory - (maxMemory / 8) || Frames >= maxFrames - (maxFrames / 8);

    /// <summary>Far enough from the bounds again.</summary>
    public bool IsRelieved => Memory < maxMemory - (maxMemory / 4) && Frames < maxFrames - (maxFrames / 4);

    public SlowReaderCounts Counts { get; } = new();

    public void Queued(SharedFrame frame)
    {
        Interlocked.Add(ref _waiting, ((long)frame.Length << FrameBits) + 1);
        Hold(frame);
        if (IsHigh && Interlocked.Exchange(ref _isTold, 1) == 0)
            _isHigh.Writer.TryWrite(true);
    }

    public void Left(SharedFrame frame)
    {
        Interlocked.Add(ref _waiting, -(((long)frame.Length << FrameBits) + 1));
        LetGo(frame);
    }

    /// <summary>A full socket has it: it waits no more in an outbox, but its memory is taken.</summary>
    public void Hold(SharedFrame frame)
    {
        if (frame.Hold())
            Interlocked.Add(ref _memory, frame.Capacity);
    }

    public void LetGo(SharedFrame frame)
    {
        if (frame.LetGo())
            Interlocked.Add(ref _memory, -frame.Capacity);
    }

    public async Task WhenHighAsync(CancellationToken cancellationToken)
    {
        await _isHigh.Reader.ReadAsync(cancellationToken);
        Volatile.Write(ref _isTold, 0);
    }
}

/// <summary>How often each policy was applied, and to how many messages.</summary>
internal sealed class SlowReaderCounts
{
    private long _disconnects;
    private long _dropSheds;
    private long _dropped;
    private long _conflateSheds;
    private long _conflated;

    public long Disconnects => Interlocked.Read(ref _disconnects);

    public long Dropped => Interlocked.Read(ref _dropped);

    public long DropSheds => Interlocked.Read(ref _dropSheds);

    public long Conflated => Interlocked.Read(ref _conflated);

    public long ConflateSheds => Interlocked.Read(ref _conflateSheds);

    public void Disconnected() => Interlocked.Increment(ref _disconnects);

    public void Shed(int dropped, int conflated)
    {
        if (dropped > 0)
            Interlocked.Increment(ref _dropSheds);
        if (conflated > 0)
            Interlocked.Increment(ref _conflateSheds);
        Interlocked.Add(ref _dropped, dropped);
        Interlocked.Add(ref _conflated, conflated);
    }
}
