namespace PubSub.ConnectNode.Sockets.Deflate;

/// <summary>What deflating cost and gained. Told once for a run, not for a delivery.</summary>
internal sealed class DeflateCounts
{
    private long _messages;
    private long _kept;
    private long _before;
    private long _after;
    private long _deliveries;
    private long _saved;

    /// <summary>Messages that were deflated, once for each window in use.</summary>
    public long Messages => Interlocked.Read(ref _messages);

    /// <summary>Messages that were tried and went as they are, because they did not shrink.</summary>
    public long Kept => Interlocked.Read(ref _kept);

    /// <summary>Bytes of the deflated messages as they were.</summary>
    public long BytesBefore => Interlocked.Read(ref _before);

    public long BytesAfter => Interlocked.Read(ref _after);

    /// <summary>Deflated messages handed to sessions, once for each session.</summary>
    public long Deliveries => Interlocked.Read(ref _deliveries);

    /// <summary>Bytes that these deliveries did not take.</summary>
    public long BytesSaved => Interlocked.Read(ref _saved);

    public void Made(int messages, int kept, int before, int after)
    {
        Interlocked.Add(ref _messages, messages);
        Interlocked.Add(ref _kept, kept);
        Interlocked.Add(ref _before, before);
        Interlocked.Add(ref _after, after);
    }

    public void Delivered(long deliveries, long saved)
    {
        Interlocked.Add(ref _deliveries, deliveries);
        Interlocked.Add(ref _saved, saved);
    }
}
