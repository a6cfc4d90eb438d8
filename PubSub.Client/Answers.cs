using PubSub.Protocol.Channels;

namespace PubSub.Client;

/// <summary>A channel begins, or begins again after a reconnect.</summary>
/// <param name="Channel">room:{id}, user:{id} or all.</param>
/// <param name="Position">Every later message of the channel comes.</param>
/// <param name="Recovered">True: nothing is missing between the last message and the next one.</param>
/// <param name="IsFirst">True where the client had no position to go on from, so that there was nothing to recover.</param>
public sealed record ChannelStart(string Channel, ChannelPosition Position, bool Recovered, bool IsFirst);

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
