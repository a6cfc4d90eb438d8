using PubSub.Controller.Nodes;
using PubSub.Controller.Rooms;
using PubSub.Protocol;

namespace PubSub.Controller.Sessions;

/// <summary>
/// Removes users against their will: the node is told first, because it holds the connection, and the records follow
/// when it has done its part. A node that does not answer is reported, with its sessions left as they are.
/// </summary>
internal sealed partial class Kicks(UserReader users, SessionStore sessions, RoomStore rooms, NodeStore nodes,
    NodeClients clients, SessionChanges changes, ILogger<Kicks> logger)
{
    private readonly ILogger<Kicks> _logger = logger;

    /// <returns>Sessions that were removed.</returns>
    public async Task<int> KickAsync(KickRequest kick, CancellationToken cancellationToken)
    {
        var found = await users.SessionsAsync(kick.UserId, kick.SessionId, "");
        if (found.Count == 0)
        {
            throw kick.SessionId.Length == 0
                ? Refusal.NoSuchUser(kick.UserId)
                : new Refusal(RefusalKind.NotFound, $"session_id: user '{kick.UserId}' has no session '{kick.SessionId}'.");
        }

        if (kick.RoomId.Length > 0)
            await rooms.GetAsync(kick.RoomId);
        var counts = await Task.WhenAll(found
            .GroupBy(session => session.Key.Node)
            .Select(node => KickFromNodeAsync(node.Key, [.. node.Select(session => session.Key)], kick, cancellationToken)));
        return counts.Sum() > 0 || kick.RoomId.Length == 0
            ? counts.Sum()
            : throw new Refusal(RefusalKind.NotFound, $"user_id: user '{kick.UserId}' is not in room '{kick.RoomId}'.");
    }

    /// <summary>Takes a room away from all who are in it.</summary>
    public async Task<RemovedRoom> DeleteRoomAsync(string roomId, CancellationToken cancellationToken)
    {
        var removed = await rooms.DeleteAsync(roomId);
        await Task.WhenAll(removed.Sessions.Select(session => sessions.LeaveAsync(session, roomId)));
        var request = new NodeKickRequest { RoomId = roomId, Reason = "the room was deleted" };
        await Task.WhenAll(removed.Nodes.Select(async node =>
        {
            try
            {
                await TellAsync(node, request, cancellationToken);
            }
            catch (Refusal away)
            {
                // The room is gone whatever the node knows: nothing is routed to it any more.
                LogNotTold(roomId, away.Message);
            }
        }));
        return removed;
    }

    private async Task<int> KickFromNodeAsync(
        RegistrationKey node, SessionKey[] found, KickRequest kick, CancellationToken cancellationToken)
    {
        var request = new NodeKickRequest
        {
            UserId = kick.UserId,
            SessionId = kick.SessionId,
            RoomId = kick.RoomId,
            Reason = kick.Reason,
        };
        await TellAsync(node, request, cancellationToken);
        if (kick.RoomId.Length > 0)
            return (await Task.WhenAll(found.Select(session => sessions.LeaveAsync(session, kick.RoomId)))).Count(left => left.WasIn);

        await changes.EndAsync(found);
        return found.Length;
    }

    /// <summary>A node whose stay ended has no connections that could be told of.</summary>
    private async Task TellAsync(RegistrationKey node, NodeKickRequest request, CancellationToken cancellationToken)
    {
        var registered = (await nodes.ListAsync()).FirstOrDefault(candidate => candidate.Key == node);
        if (registered is not null)
            await clients.KickAsync(registered, request, cancellationToken);
    }

    [LoggerMessage(3201, LogLevel.Warning, "Room {RoomId} was deleted without telling all nodes: {Reason}")]
    private partial void LogNotTold(string roomId, string reason);
}
