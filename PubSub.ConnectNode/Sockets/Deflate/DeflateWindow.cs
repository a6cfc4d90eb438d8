using System.Collections.Concurrent;
using PubSub.ConnectNode.Delivery;

namespace PubSub.ConnectNode.Sockets.Deflate;

/// <summary>One size of window, which many sessions have agreed to: makes the form of a run that all of them get.</summary>
/// <param name="index">Among the windows of the node.</param>
/// <param name="bits">Its size, as a power of two.</param>
/// <param name="minBytes">Shorter messages go as they are.</param>
/// <param name="counts">What it cost and gained.</param>
internal sealed class DeflateWindow(int index, int bits, int minBytes, DeflateCounts counts)
{
    /// <summary>How many there may be.</summary>
    public const int Most = 3;

    private readonly ConcurrentQueue<MessageDeflater> _deflaters = [];

    public int Index => index;

    public int Bits => bits;

    /// <summary>Null: it is that itself.</summary>
    public DeflateWindow? Widest { get; init; }

    /// <summary>The frame that a session with this window gets; the plain one's reference holds it.</summary>
    public SharedFrame FormOf(SharedFrame plain)
    {
        // Answers are for one session only, and not worth it.
        if (plain.Label is null || plain.Length < minBytes)
            return plain;
        // What is no longer than the window cannot refer beyond it, so all share one form.
        var window = Widest is not null && plain.Length <= 1 << bits ? Widest : this;
        return plain.Deflated.Of(plain, window);
    }

    /// <summary>Each message for itself, so that every one can be passed over.</summary>
    public DeflatedForms.Form Deflate(SharedFrame plain)
    {
        if (!_deflaters.TryDequeue(out var deflater))
            deflater = new MessageDeflater(bits);
        var frame = SharedFrame.Rent(Math.Max(minBytes, plain.Length / 2));
        var label = plain.Label!;
        var pieces = label.MayShrink ? label.Pieces.ToArray() : [];
        var (messages, kept, before, after) = (0, 0, 0, 0);
        var rest = plain.Memory;
        for (var i = 0; !rest.IsEmpty; i++)
        {
            var header = WebSocketFrame.ReadHeader(rest.Span, out var payload);
            var start = frame.Length;
            if (payload >= minBytes)
            {
                deflater.Add(rest.Slice(header, payload), rest.Span[0], frame);
                var isShorter = frame.Length - start < header + payload;
                messages += isShorter ? 1 : 0;
                kept += isShorter ? 0 : 1;
                before += isShorter ? header + payload : 0;
                after += isShorter ? frame.Length - start : 0;
                if (!isShorter)
                    frame.Cut(start);
            }

            if (frame.Length == start)
                frame.Add(rest.Span[..(header + payload)]);
            if (pieces.Length > 0)
                pieces[i] = pieces[i] with { Start = start, Length = frame.Length - start };
            rest = rest[(header + payload)..];
        }

        // As many as may ever be at work at once.
        if (_deflaters.Count < Environment.ProcessorCount)
            _deflaters.Enqueue(deflater);
        else
            deflater.Dispose();
        counts.Made(messages, kept, before, after);
        if (messages == 0)
        {
            frame.Release();
            return new DeflatedForms.Form(plain, 0, 0, counts);
        }

        frame.Label = pieces.Length > 0 ? new RunLabel(label.Channel, label.Codec, label.Policy, pieces) : label;
        return new DeflatedForms.Form(frame, messages, before - after, counts);
    }
}
