using PubSub.Controller.Redis;
using PubSub.Protocol;

namespace PubSub.Controller.Sessions;

/// <summary>The questions about a user and its sessions.</summary>
internal sealed class UserReader(RedisStore redis)
{
    public async Task<UserNodes> DescribeAsync(string userId)
    {
        var sessions = await SessionsAsync(userId, "", "");
        if (sessions.Count == 0)
            throw Refusal.NoSuchUser(userId);

        var answer = new UserNodes { UserId = userId, UserName = sessions[^1].Record.UserName, Online = true };
        answer.NodeIds.AddRange(sessions.Select(session => session.Key.Node.NodeId).Distinct().Order(StringComparer.Ordinal));
        answer.Sessions.AddRange(await Task.WhenAll(sessions.Select(DescribeAsync)));
        return answer;
    }

    /// <summary>The user's sessions, oldest first; with a session id or node id only those.</summary>
    public async Task<IReadOnlyList<UserSessionEntry>> SessionsAsync(string userId, string sessionId, string nodeId)
    {
        var entries = await redis.AskAsync("user", database => database.HashGetAllAsync(RedisKeys.UserSessions(userId)));
        return [.. entries
            .Select(entry => new UserSessionEntry(SessionKey.FromUser(userId, entry.Name!), SessionRecord.Parse(entry.Value!)))
            .Where(session => sessionId.Length == 0 || session.Key.SessionId == sessionId)
            .Where(session => nodeId.Length == 0 || session.Key.Node.NodeId == nodeId)
            .OrderBy(session => session.Record.ConnectedAt)
            .ThenBy(session => session.Key.InUser, StringComparer.Ordinal)];
    }

    private async Task<UserSession> DescribeAsync(UserSessionEntry session)
    {
        var rooms = await redis.AskAsync(
            "session rooms",
            database => database.HashGetAllAsync(RedisKeys.SessionRooms(session.Key.UserId, session.Key.InUser)));
        var answer = new UserSession
        {
            SessionId = session.Key.SessionId,
            NodeId = session.Key.Node.NodeId,
            Incarnation = session.Key.Node.Incarnation,
            ConnectedAt = session.Record.ConnectedAt,
        };
        answer.RoomIds.AddRange(rooms.Where(room => room.Value == "1").Select(room => (string)room.Name!).Order(StringComparer.Ordinal));
        return answer;
    }
}

internal readonly record struct UserSessionEntry(SessionKey Key, SessionRecord Record);
