using PubSub.ConnectNode.Sessions;
using PubSub.Protocol.Channels;

namespace PubSub.ConnectNode.Channels;

/// <summary>
/// One session in one channel. The object is its own generation: a late leave names the very subscription it means, so
/// it can never remove one that was made after it.
/// </summary>
internal sealed class Subscription(Session session, ChannelId channel)
{
    public Session Session => session;

    public ChannelId Channel => channel;

    public bool IsJson { get; } = session.Codec.IsText;

    /// <summary>Delivered to from now on; set by the channel's lane.</summary>
    public bool IsLive { get; set; }

    /// <summary>Gone before it went live; set by the channel's lane.</summary>
    public bool IsRemoved { get; set; }

    /// <summary>Place in the channel's set; owned by that set.</summary>
    public int Index { get; set; } = -1;

    /// <summary>How far the client says that it has got.</summary>
    public ChannelPosition Acked { get; set; }

    /// <summary>
    /// Called once by the lane: with the position behind which every message will come, before any of them; or with an
    /// error.
    /// </summary>
    public required Action<Subscription, ChannelPosition, Exception?> Activated { get; init; }
}
