using PubSub.Protocol;
using PubSub.Protocol.Channels;

namespace PubSub.ConnectNode.Channels;

/// <summary>One read of a channel's log: asked for by one session, and used by all that need the same.</summary>
/// <param name="after">Where it begins; null: behind the device's kept cursor.</param>
/// <param name="device">The device, where the read begins behind its cursor.</param>
internal sealed class LogPage(ChannelPosition? after, string? device) : IDisposable
{
    public const int MostMessages = 200;

    public ChannelPosition? After => after;

    public string? Device => device;

    /// <summary>Who asked before it was there.</summary>
    public List<Catchup> Waiting { get; } = [];

    public MessageRun Run { get; } = new();

    public bool IsLoaded { get; private set; }

    /// <summary>What holds memory: the messages, and about as much again for each encoding.</summary>
    public int Bytes { get; private set; }

    /// <summary>Nothing is missing between where it was to begin and where it begins.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>All messages of the log behind this position, up to the last one here, are here.</summary>
    public ChannelPosition Start { get; private set; }

    /// <summary>The log's newest position when it was read.</summary>
    public ChannelPosition End { get; private set; }

    public LogRange ToRange(ChannelId channel) => new()
    {
        Channel = channel.Text,
        After = (after ?? default).ToProto(),
        FromCursor = device is not null,
        DeviceId = device ?? "",
        Limit = MostMessages,
    };

    public void Load(LogSlice slice)
    {
        IsLoaded = true;
        End = ChannelPosition.From(slice.End);
        var began = device is null ? after ?? default : ChannelPosition.From(slice.After);
        IsComplete = slice.Complete && began.IsLogged;
        if (slice.Complete)
            Start = new ChannelPosition(End.Epoch, began.Offset);
        else if (began.Epoch == End.Epoch && began.Offset > End.Offset)
            Start = End;
        else
            Start = new ChannelPosition(End.Epoch, slice.FirstOffset - 1);
        Run.Messages.AddRange(slice.Messages);
        Bytes = 3 * slice.CalculateSize();
    }

    public bool HasNextAfter(ChannelPosition position) =>
        IsLoaded && Run.Messages.Count > 0 && position.Epoch == Start.Epoch
        && position.Offset >= Start.Offset && position.Offset < Run.Last.Offset;

    public void Dispose() => Run.Dispose();
}

/// <summary>One subscription that is owed messages from the log.</summary>
internal sealed class Catchup(Subscription subscription)
{
    public Subscription Subscription => subscription;

    /// <summary>Where the client stands; null until a kept cursor was read.</summary>
    public ChannelPosition? At { get; set; } = subscription.From;

    /// <summary>The client was answered with the position where its messages begin.</summary>
    public bool IsTold { get; set; }

    public bool IsGone { get; set; }
}
