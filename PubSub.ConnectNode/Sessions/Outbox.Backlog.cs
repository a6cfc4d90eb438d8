using PubSub.ConnectNode.Delivery;
using PubSub.Protocol;

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
            var shedding = new Shedding(WaitingLocked(), _bytes / 2, _count / 2);
            if (!_closed && shedding.Decide())
                ReplaceLocked(shedding, shedding.Rest());
            return _bytes < before - (before / 4);
        }
    }

    /// <summary>
    /// The frame comes in and older ones go. Where the node is full and nothing older is here that may go, because the socket
    /// holds it already, a run of a room that drops is passed over itself. False: the policies do not make enough room.
    /// </summary>
    private bool TryMakeRoomLocked(SharedFrame frame, bool isNodeFull)
    {
        var all = WaitingLocked();
        all.Add(frame);
        if (!isNodeFull)
        {
            // A quarter at once, and a sixteenth at least: otherwise each further frame would look through all of them.
            var least = Math.Max(maxBytes / 8, (maxBytes / 4) - frame.Length);
            return TryShedLocked(new Shedding(all, maxBytes - least, maxFrames - (maxFrames / 4)) { SparesNewest = true }, maxBytes - (maxBytes / 16));
        }

        var most = Math.Min(maxBytes, _bytes + BacklogWriter.RoomOfMark);
        return TryShedLocked(new Shedding(all, (_bytes / 2) + frame.Length, (_count / 2) + 1) { SparesNewest = true }, most)
            || (frame.Label is { Policy: SlowReaderPolicy.DropOldest } && TryShedLocked(new Shedding(all, 0, 0), most));
    }

    private bool TryShedLocked(Shedding shedding, int mostBytes)
    {
        if (!shedding.Decide())
            return false;
        var rest = shedding.Rest();
        if (rest.Count <= maxFrames - (maxFrames / 16) && rest.Sum(static frame => frame.Length) <= mostBytes)
        {
            ReplaceLocked(shedding, rest);
            return true;
        }

        rest.ForEach(static frame => frame.Release());
        return false;
    }

    private List<SharedFrame> WaitingLocked()
    {
        var waiting = new List<SharedFrame>(_count + 1);
        for (var i = 0; i < _count; i++)
            waiting.Add(_ring[(_head + i) % _ring.Length]);
        return waiting;
    }

    private void ReplaceLocked(Shedding shedding, List<SharedFrame> rest)
    {
        LetAllGoLocked();
        rest.ForEach(PushLocked);
        gauge.Counts.Shed(shedding.Dropped, shedding.Conflated);
    }
}
