using PubSub.ConnectNode.Channels;
using PubSub.Protocol.Channels;
using PubSub.Protocol.Client;

namespace PubSub.ConnectNode.Sessions;

/// <summary>Positions as clients hand them in and are told them.</summary>
internal static class Positions
{
    public static string? Complaint(ChannelCursor? handedIn) =>
        handedIn is { Epoch: < 0 } or { Offset: < 0 } ? "A position's epoch and offset are not negative." : null;

    /// <summary>Epoch 0 was told of a channel without a log: it names no place.</summary>
    public static ChannelPosition? Of(ChannelCursor? handedIn) =>
        handedIn is null or { Epoch: 0 } ? null : new ChannelPosition(handedIn.Epoch, handedIn.Offset);

    public static Resumed Told(ChannelId channel, StartPosition start) => new()
    {
        Channel = channel.Text,
        Epoch = start.Position.Epoch,
        Offset = start.Position.Offset,
        Recovered = start.IsRecovered,
    };
}
