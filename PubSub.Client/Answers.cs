using PubSub.Protocol.Channels;

namespace PubSub.Client;

/// <summary>A channel begins, or begins again: after a reconnect, or because its log was lost and began anew.</summary>
/// <param name="Channel">room:{id}, user:{id} or all.</param>
/// <param name="Position">Every later message of the channel comes.</param>
/// <param name="Recovered">True: nothing is missing between the last message and the next one.</param>
/// <param name="IsFirst">True where the client had no position to go on from, so that there was nothing to recover.</param>
public sealed record ChannelStart(string Channel, ChannelPosition Position, bool Recovered, bool IsFirst);

/// <summary>
/// Messages that the node passed over because this client read too slowly, as the room's policy asks. The client goes on
/// behind them; who wants them reads them with HistoryAsync, from <see cref="Before"/> on, as long as the log has them.
/// </summary>
/// <param name="Channel">room:{id}.</param>
/// <param name="Epoch">The log's epoch; 0 where the room has no log.</param>
/// <param name="From">The first offset that does not come.</param>
/// <param name="To">The last offset that does not come.</param>
/// <param name="Count">How many messages they are.</param>
public sealed record ChannelGap(string Channel, long Epoch, long From, long To, int Count)
{
    /// <summary>The position of the message before the gap.</summary>
    public ChannelPosition Before => new(Epoch, Math.Max(0, From - 1));
}

/// <summary>A message was accepted.</summary>
/// <param name="MessageId">The id it has now.</param>
/// <param name="Position">Its place in the log.</param>
public sealed record Publication(string MessageId, ChannelPosition Position)
{
    /// <summary>The offset in the room's log; 0 where the log is off.</summary>
    public long Offset => Position.Offset;
}

/// <summary>Who is in a room.</summary>
/// <param name="UserCount">How many users.</param>
/// <param name="Members">The users; the first thousand of them.</param>
public sealed record RoomPresence(int UserCount, IReadOnlyList<RoomMember> Members);

/// <summary>A user in a room.</summary>
/// <param name="UserId">The user.</param>
/// <param name="UserName">The name as shown to others.</param>
/// <param name="Devices">The user's connections that are in the room.</param>
public sealed record RoomMember(string UserId, string UserName, int Devices);

/// <summary>A piece of a channel's log.</summary>
/// <param name="Epoch">The log's epoch.</param>
/// <param name="FirstOffset">The oldest offset that the log still holds.</param>
/// <param name="EndOffset">The newest offset.</param>
/// <param name="Messages">In the order of the log.</param>
public sealed record ChannelHistory(long Epoch, long FirstOffset, long EndOffset, IReadOnlyList<Message> Messages);
