using PubSub.Protocol;
using PubSub.Protocol.Frames;

namespace PubSub.ConnectNode.Delivery;

/// <summary>
/// What an outbox has to know of a run that it may have to pass over: whose it is, and where each message stands in the
/// bytes. Made once for a run, not for a delivery, and only in rooms whose policy lets messages go.
/// </summary>
internal sealed class RunLabel(string channel, FrameCodec codec, SlowReaderPolicy policy, RunPiece[] pieces)
{
    /// <summary>A run of a channel that lets nothing go.</summary>
    public static RunLabel Whole { get; } = new("", FrameCodec.Json, SlowReaderPolicy.Disconnect, []);

    public string Channel => channel;

    public FrameCodec Codec => codec;

    public SlowReaderPolicy Policy => policy;

    public ReadOnlySpan<RunPiece> Pieces => pieces;

    public bool MayShrink => pieces.Length > 0;

    public bool HasGaps { get; } = Array.Exists(pieces, static piece => piece.IsGap);
}

/// <summary>One WebSocket frame in a run's bytes: a message, or a gap mark for messages that were passed over.</summary>
internal readonly record struct RunPiece(int Start, int Length, Gapped Range, string Key, bool IsGap);

/// <summary>Messages of one life of a log, or of a channel without one (then all but the count is 0).</summary>
internal readonly record struct Gapped(long Epoch, long From, long To, int Count)
{
    public Gapped And(Gapped later) => this with { To = later.To, Count = Count + later.Count };
}
