using System.Collections.Concurrent;

namespace PubSub.ConnectNode.Sessions;

/// <summary>The sessions of this node, by id and by user.</summary>
internal sealed class SessionTable
{
    private readonly ConcurrentDictionary<string, Session> _byId = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Session[]> _byUser = new(StringComparer.Ordinal);
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public int Users => _byUser.Count;

    /// <summary>Without a snapshot or a lock; sessions that come or go meanwhile may be among them or not.</summary>
    public IEnumerable<Session> All => _byId.Select(static entry => entry.Value);

    public void Add(Session session)
    {
        if (_byId.TryAdd(session.Id, session))
            Interlocked.Increment(ref _count);
    }

    public void AddUser(Session session) => _byUser.AddOrUpdate(
        session.User!.UserId, static (_, added) => [added], static (_, present, added) => [.. present, added], session);

    public void Remove(Session session)
    {
        if (_byId.TryRemove(session.Id, out _))
            Interlocked.Decrement(ref _count);
        if (session.User is not { } user)
            return;

        while (_byUser.TryGetValue(user.UserId, out var present))
        {
            var rest = Array.FindAll(present, other => other != session);
            if (rest.Length == 0
                ? _byUser.TryRemove(new KeyValuePair<string, Session[]>(user.UserId, present))
                : _byUser.TryUpdate(user.UserId, rest, present))
            {
                return;
            }
        }
    }

    public Session? Find(string sessionId) => _byId.GetValueOrDefault(sessionId);

    public IReadOnlyList<Session> OfUser(string userId) => _byUser.GetValueOrDefault(userId) ?? [];
}
