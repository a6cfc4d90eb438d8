namespace PubSub.PushManager.Links;

/// <summary>
/// What one stream has sent and the node has not acknowledged. Deliveries are numbered from 1; an ack covers
/// everything up to its number and says how many sessions each delivery reached.
/// </summary>
internal sealed class AckWindow(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Queue<LinkDelivery> _sent = new();
    private readonly Queue<(long LastSequence, long SentAt)> _batches = new();
    private long _acknowledged;
    private long _lastSent;

    public int Count
    {
        get
        {
            lock (_lock)
                return _sent.Count;
        }
    }

    /// <summary>How long the oldest delivery has been waiting; zero where none is.</summary>
    public TimeSpan OldestAge
    {
        get
        {
            lock (_lock)
                return _batches.TryPeek(out var oldest) ? time.GetElapsedTime(oldest.SentAt) : TimeSpan.Zero;
        }
    }

    /// <summary>Notes a batch that is about to be written; returns the number of its first delivery.</summary>
    public long Add(List<LinkDelivery> batch)
    {
        lock (_lock)
        {
            var first = _lastSent + 1;
            foreach (var delivery in batch)
                _sent.Enqueue(delivery);
            _lastSent += batch.Count;
            _batches.Enqueue((_lastSent, time.GetTimestamp()));
            return first;
        }
    }

    /// <summary>False when the node acknowledges what it was never sent.</summary>
    public bool TryAcknowledge(long sequence, IReadOnlyList<int> sessions)
    {
        lock (_lock)
        {
            if (sequence < _acknowledged || sequence > _lastSent)
                return false;

            for (var i = 0; _acknowledged < sequence; i++, _acknowledged++)
                _sent.Dequeue().Reached(i < sessions.Count ? Math.Max(0, sessions[i]) : 0);
            while (_batches.TryPeek(out var oldest) && oldest.LastSequence <= sequence)
                _batches.Dequeue();
            return true;
        }
    }

    /// <summary>Everything unacknowledged, oldest first; the stream that this window belonged to is over.</summary>
    public List<LinkDelivery> TakeAll()
    {
        lock (_lock)
        {
            List<LinkDelivery> rest = [.. _sent];
            _sent.Clear();
            _batches.Clear();
            return rest;
        }
    }
}
