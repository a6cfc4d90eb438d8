using PubSub.ConnectNode.Delivery;

namespace PubSub.ConnectNode.Sessions;

/// <summary>What happens at the bounds. Only a session that has fallen behind comes here.</summary>
internal sealed partial class Outbox
{
    public int Bytes => Volatile.Read(ref _bytes);

    /// <summary>It has let go of what waited, and takes nothing more.</summary>
    public bool IsClosed => Volatile.Read(ref _closed);

    public SlowReaderCounts Counts => gauge.Counts;

    /// <summary>For whoever has the turn: a full socket keeps the frame until <see cref="Drained"/>.</summary>
    public void Draining(SharedFrame frame) => gauge.Hold(frame);

    public void Drained(SharedFrame frame) => gauge.LetGo(frame);

    /// <summary>The node has too much: lets go of half, as far as the rooms' policies allow. False: that freed too little.</summary>
    public bool Relieve()
    {
        using (Enter())
        {
            var before = _bytes;
            if (!_closed)
                ShedLocked(_bytes / 2, _count / 2);
            return _bytes < before - (before / 4);
        }
    }

    private bool MakeRoomLocked(int length)
    {
        var before = _bytes;
        // A quarter at once, and a sixteenth at least: otherwise each further frame would look through all of them.
        if (gauge.IsFull)
            ShedLocked(_bytes / 2, _count / 2);
        else
            ShedLocked(maxBytes - Math.Max(length + (maxBytes / 8), maxBytes / 4), maxFrames - 1 - (maxFrames / 4));
        var fits = _bytes + length <= maxBytes - (_bytes < before ? maxBytes / 16 : 0) && _count < maxFrames - (maxFrames / 16);
        return fits && (!gauge.IsFull || before - _bytes >= length);
    }

    private void ShedLocked(int bytes, int frames)
    {
        var waiting = new List<SharedFrame>(_count);
        for (var i = 0; i < _count; i++)
            waiting.Add(_ring[(_head + i) % _ring.Length]);
        var shedding = new Shedding(waiting, bytes, frames);
        if (!shedding.Decide())
            return;

        var kept = shedding.Rest();
        foreach (var frame in waiting)
        {
            PopLocked();
            gauge.Left(frame);
        }

        foreach (var frame in kept)
            PushLocked(frame);
        foreach (var frame in waiting)
            frame.Release();
        gauge.Counts.Shed(shedding.Dropped, shedding.Conflated);
    }
}
