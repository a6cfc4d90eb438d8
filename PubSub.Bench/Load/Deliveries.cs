using System.Threading.Channels;

namespace PubSub.Bench.Load;

/// <summary>
/// What was pushed and what has arrived. Publishers open a message with the number of those who should get it; the
/// thread of the load counts them down. Latencies are of one phase: <see cref="NewPhase"/> begins another.
/// </summary>
internal sealed class Deliveries
{
    /// <summary>More messages than are ever under way at once.</summary>
    private const int Slots = 1 << 20;

    private readonly int[] _missing = new int[Slots];
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private long _completed;
    private long _arrived;
    private long _expected;
    private long _opened;
    private long _disordered;

    public LatencyHistogram Each { get; private set; } = new();

    /// <summary>Of each message: when the last of those who should get it had it.</summary>
    public LatencyHistogram Last { get; private set; } = new();

    public long Arrived => Volatile.Read(ref _arrived);

    public long Expected => Volatile.Read(ref _expected);

    public long Opened => Volatile.Read(ref _opened);

    public long Disordered => Volatile.Read(ref _disordered);

    public long Outstanding => Opened - Volatile.Read(ref _completed);

    /// <summary>Only while nothing is under way.</summary>
    public void NewPhase() => (Each, Last) = (new LatencyHistogram(), new LatencyHistogram());

    /// <returns>The message's number.</returns>
    public uint Open(int receivers)
    {
        var number = (uint)Interlocked.Increment(ref _opened) - 1;
        Volatile.Write(ref _missing[number % Slots], receivers);
        Interlocked.Add(ref _expected, receivers);
        if (receivers == 0)
            Interlocked.Increment(ref _completed);
        return number;
    }

    public ValueTask<bool> NewsAsync(CancellationToken cancellationToken) => _news.Reader.ReadAsync(cancellationToken);

    public void TellNews() => _news.Writer.TryWrite(true);

    /// <summary>Called by the thread of the load alone.</summary>
    public void Take(in LoadMessage message, bool inOrder, long now)
    {
        var latency = LoadMessage.Age(message.SentAt, now);
        Each.Record(latency);
        Volatile.Write(ref _arrived, _arrived + 1);
        if (!inOrder)
            Volatile.Write(ref _disordered, _disordered + 1);
        if (--_missing[message.Number % Slots] != 0)
            return;
        Last.Record(latency);
        Interlocked.Increment(ref _completed);
    }
}
