using PubSub.ConnectNode.Delivery;
using PubSub.Protocol.Client;

namespace PubSub.ConnectNode.Sessions;

/// <summary>
/// Writes a backlog anew without the messages that go. What stays whole stays shared with other sessions. The gap of a
/// channel grows until something of that channel, or an answer to the client, has to come behind it; so dropping again
/// and again leaves one mark, and none comes later than what was promised behind it (a <c>left</c>).
/// </summary>
internal sealed class BacklogWriter
{
    /// <summary>As much as a gap mark takes.</summary>
    public const int RoomOfMark = 256;

    private const int LargestRun = 16 * 1024;

    private readonly List<SharedFrame> _frames = [];
    private readonly Dictionary<string, (RunLabel Label, Gapped Range)> _gaps = new(StringComparer.Ordinal);
    private readonly List<RunPiece> _pieces = [];
    private SharedFrame? _run;
    private RunLabel? _label;

    public void Add(SharedFrame frame, bool[]? gone)
    {
        if (frame.Label is not { } label)
        {
            MarkAll();
            Keep(frame);
            return;
        }

        if (gone is null && !label.HasGaps)
        {
            if (label.MayShrink)
                Mark(label.Channel);
            Keep(frame);
            return;
        }

        for (var i = 0; i < label.Pieces.Length; i++)
        {
            var piece = label.Pieces[i];
            if (piece.IsGap || gone?[i] == true)
                Widen(label, piece.Range);
            else
                Copy(label, piece, frame.Span.Slice(piece.Start, piece.Length));
        }
    }

    public List<SharedFrame> Finish()
    {
        MarkAll();
        Close();
        return _frames;
    }

    private void Keep(SharedFrame frame)
    {
        Close();
        frame.AddReference();
        _frames.Add(frame);
    }

    private void Widen(RunLabel label, Gapped range)
    {
        if (_gaps.TryGetValue(label.Channel, out var gap))
        {
            if (gap.Range.Epoch == range.Epoch)
                range = gap.Range.And(range);
            else
                Mark(label.Channel);
        }

        _gaps[label.Channel] = (label, range);
    }

    private void Copy(RunLabel label, RunPiece piece, ReadOnlySpan<byte> bytes)
    {
        Mark(label.Channel);
        var run = Open(label, bytes.Length);
        _pieces.Add(piece with { Start = run.Length });
        run.Add(bytes);
    }

    private void MarkAll()
    {
        foreach (var channel in _gaps.Keys.ToArray())
            Mark(channel);
    }

    private void Mark(string channel)
    {
        if (!_gaps.Remove(channel, out var gap))
            return;
        var (label, range) = gap;
        var run = Open(label, 0);
        var start = run.Length;
        run.Add(label.Codec, new ServerEnvelope
        {
            GapMark = new GapMark { Channel = channel, Epoch = range.Epoch, From = range.From, To = range.To, Count = range.Count },
        });
        _pieces.Add(new RunPiece(start, run.Length - start, range, "", true));
    }

    /// <summary>The run to write to: the open one where it is the channel's and not too large yet.</summary>
    private SharedFrame Open(RunLabel label, int length)
    {
        if (_run is not null && (_label!.Channel != label.Channel || _label.Policy != label.Policy || _run.Length + length > LargestRun))
            Close();
        _label = label;
        return _run ??= SharedFrame.Rent(Math.Max(length, RoomOfMark));
    }

    private void Close()
    {
        if (_run is null)
            return;
        _run.Label = new RunLabel(_label!.Channel, _label.Codec, _label.Policy, [.. _pieces]);
        _frames.Add(_run);
        _pieces.Clear();
        (_run, _label) = (null, null);
    }
}
