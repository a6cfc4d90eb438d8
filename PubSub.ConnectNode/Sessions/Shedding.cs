using PubSub.ConnectNode.Delivery;
using PubSub.Protocol;

namespace PubSub.ConnectNode.Sessions;

/// <summary>
/// Decides which messages of a backlog go, by the policies of their rooms: first those that have a newer one with the
/// same key behind them, then, while it is still too much, the oldest runs of rooms that drop. What goes is told by gap
/// marks in its place.
/// </summary>
internal sealed class Shedding(List<SharedFrame> waiting, int bytes, int frames)
{
    private readonly bool[]?[] _gone = new bool[]?[waiting.Count];
    private int _bytes = waiting.Sum(static frame => frame.Length);
    private int _frames = waiting.Count;

    /// <summary>The last one has just come: it is not dropped, though what it is the newest state of may go.</summary>
    public bool SparesNewest { get; init; }

    public int Dropped { get; private set; }

    public int Conflated { get; private set; }

    /// <summary>False: nothing may go.</summary>
    public bool Decide()
    {
        Conflate();
        DropOldest();
        return Dropped + Conflated > 0;
    }

    /// <summary>What is left, in order; each with a reference for the caller, whatever was there before.</summary>
    public List<SharedFrame> Rest()
    {
        var backlog = new BacklogWriter();
        for (var i = 0; i < waiting.Count; i++)
            backlog.Add(waiting[i], _gone[i]);
        return backlog.Finish();
    }

    private void Conflate()
    {
        var seen = new HashSet<(string Channel, string Key)>();
        for (var i = waiting.Count - 1; i >= 0; i--)
        {
            if (waiting[i].Label is not { Policy: SlowReaderPolicy.Conflate } label)
                continue;
            var left = 0;
            for (var p = label.Pieces.Length - 1; p >= 0; p--)
            {
                var piece = label.Pieces[p];
                if (piece.IsGap || piece.Key.Length == 0 || seen.Add((label.Channel, piece.Key)))
                {
                    left += piece.IsGap ? 0 : 1;
                    continue;
                }

                (_gone[i] ??= new bool[label.Pieces.Length])[p] = true;
                _bytes -= piece.Length;
                Conflated++;
            }

            _frames -= left == 0 ? 1 : 0;
        }
    }

    private void DropOldest()
    {
        var last = waiting.Count - (SparesNewest ? 1 : 0);
        for (var i = 0; i < last && (_bytes > bytes || _frames > frames); i++)
        {
            if (waiting[i].Label is not { Policy: SlowReaderPolicy.DropOldest } label)
                continue;
            var gone = _gone[i] = new bool[label.Pieces.Length];
            for (var p = 0; p < gone.Length; p++)
            {
                gone[p] = !label.Pieces[p].IsGap;
                Dropped += gone[p] ? 1 : 0;
            }

            _bytes -= waiting[i].Length;
            _frames--;
        }
    }
}
