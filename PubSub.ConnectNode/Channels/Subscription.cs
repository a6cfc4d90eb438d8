using PubSub.ConnectNode.Sessions;
using PubSub.Protocol.Channels;

namespace PubSub.ConnectNode.Channels;

/// <summary>
/// One session in one channel. The object is its own generation: a late leave names the very subscription it means, so
/// it can never remove one that was made after it.
/// </summary>
internal sealed class Subscription(Session session, ChannelId channel)
{
    private Action<Subscription, StartPosition, Exception?>? _activated;

    public Session Session => session;

    /// <summary>The session's; at hand, as a fan-out needs nothing else of the session.</summary>
    public SessionWriter Writer { get; } = session.Writer;

    public ChannelId Channel => channel;

    public bool IsJson { get; } = session.Codec.IsText;

    /// <summary>What the client has: all that came behind it is owed. Null: from the channel's present position on.</summary>
    public ChannelPosition? From { get; init; }

    /// <summary>Where nothing was handed in: the device whose kept cursor stands for it. Null: none is asked for.</summary>
    public string? Device { get; init; }

    /// <summary>Missed messages have to be looked for.</summary>
    public bool Resumes => From is not null || Device is not null;

    /// <summary>The client was answered, so it is in the channel; set by the channel's lane.</summary>
    public bool IsIn { get; private set; }

    /// <summary>Delivered to by every fan-out from now on; set by the channel's lane.</summary>
    public bool IsLive { get; set; }

    /// <summary>Gone; set by the channel's lane.</summary>
    public bool IsRemoved { get; set; }

    /// <summary>Place in the channel's set; owned by that set.</summary>
    public int Index { get; set; } = -1;

    /// <summary>The position that the client was told; set by the channel's lane.</summary>
    public ChannelPosition Start { get; private set; }

    /// <summary>Of the newest message that was handed to the session; set by the channel's lane when it is removed.</summary>
    public ChannelPosition Reached { get; set; }

    /// <summary>
    /// Called once by the lane: with the position behind which every message will come, before any of them; or with an
    /// error.
    /// </summary>
    public required Action<Subscription, StartPosition, Exception?> Activated { init => _activated = value; }

    public void Tell(StartPosition start)
    {
        Start = start.Position;
        IsIn = true;
        Answer(start, null);
    }

    /// <summary>It does not come in.</summary>
    public void Refuse(Exception? error) => Answer(default, error);

    private void Answer(StartPosition start, Exception? error)
    {
        // What waited for the answer would otherwise be kept as long as the session.
        var activated = _activated;
        _activated = null;
        activated?.Invoke(this, start, error);
    }
}

/// <param name="Position">Every message behind it will come.</param>
/// <param name="IsRecovered">It is the position that the client has, so nothing is lost to it.</param>
internal readonly record struct StartPosition(ChannelPosition Position, bool IsRecovered);
