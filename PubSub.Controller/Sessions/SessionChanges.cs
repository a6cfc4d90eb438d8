using PubSub.Controller.Nodes;
using PubSub.Controller.Redis;
using PubSub.Controller.Rooms;
using PubSub.Protocol;
using StackExchange.Redis;

namespace PubSub.Controller.Sessions;

/// <summary>
/// Applies what a node says of its sessions. The changes of one user go one after another, those of different users
/// side by side, so that a batch of thousands costs a handful of round trips.
/// </summary>
internal sealed class SessionChanges(NodeStore nodes, SessionStore sessions, RedisStore redis, TimeProvider time) : IDisposable
{
    /// <summary>Enough to keep Redis busy; more would only wait there, and be taken for a Redis that does not answer.</summary>
    private const int AtOnce = 256;

    private readonly SemaphoreSlim _places = new(AtOnce);

    public async Task<IReadOnlyList<ChangeOutcome>> ApplyAsync(
        string nodeId, long incarnation, IReadOnlyList<SessionChange> changes, CancellationToken cancellationToken)
    {
        var registration = await nodes.GetAsync(nodeId, incarnation);
        var node = registration.Key;
        var begins = Keys(node, changes, SessionChange.ChangeOneofCase.Online);
        await nodes.NoteSessionsAsync(node, begins);

        var outcomes = new ChangeOutcome[changes.Count];
        await Task.WhenAll(Enumerable.Range(0, changes.Count)
            .GroupBy(i => UserOf(changes[i]), StringComparer.Ordinal)
            .Select(indexes => ApplyInOrderAsync(indexes)));

        // The node may have ended while this went on, and its sweep may have passed already.
        if (begins.Length > 0 && !await nodes.IsPresentAsync(registration))
        {
            await Task.WhenAll(begins.Select(begin => sessions.EndAsync(SessionKey.FromNode(node, begin!))));
            throw new Refusal(
                RefusalKind.Ended,
                $"node_id: node '{nodeId}' was removed meanwhile. Register it with RegisterNode and announce its sessions again.");
        }

        await nodes.DropSessionsAsync(node, EndedKeys(node, changes));
        return outcomes;

        async Task ApplyInOrderAsync(IEnumerable<int> indexes)
        {
            var asked = time.GetTimestamp();
            await _places.WaitAsync(cancellationToken);
            try
            {
                redis.ThrowIfLostSince(asked);
                int[] own = [.. indexes];
                for (var done = 0; done < own.Length;)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var together = Together(changes, own.AsSpan(done));
                    if (together > 1)
                        await ApplyBeginAsync(node, changes, own.AsMemory(done, together), outcomes);
                    else
                        outcomes[own[done]] = await ApplyAsync(node, changes[own[done]]);
                    done += together;
                }
            }
            finally
            {
                _places.Release();
            }
        }
    }

    public void Dispose() => _places.Dispose();

    /// <summary>Ends sessions that were looked up, on whatever nodes they are.</summary>
    public async Task<IReadOnlyList<Ended>> EndAsync(IReadOnlyList<SessionKey> found)
    {
        var ended = await Task.WhenAll(found.Select(sessions.EndAsync));
        foreach (var node in found.GroupBy(session => session.Node))
            await nodes.DropSessionsAsync(node.Key, [.. node.Select(session => (RedisValue)session.InNode)]);
        return ended;
    }

    private static string UserOf(SessionChange change) => change.ChangeCase switch
    {
        SessionChange.ChangeOneofCase.Online => change.Online.UserId,
        SessionChange.ChangeOneofCase.Offline => change.Offline.UserId,
        SessionChange.ChangeOneofCase.Join => change.Join.UserId,
        _ => change.Leave.UserId,
    };

    private static RedisValue[] Keys(
        RegistrationKey node, IReadOnlyList<SessionChange> changes, SessionChange.ChangeOneofCase kind) =>
        [.. changes.Where(change => change.ChangeCase == kind).Select(change => (RedisValue)KeyOf(node, change).InNode).Distinct()];

    /// <summary>The sessions whose last change in the batch is their end.</summary>
    private static RedisValue[] EndedKeys(RegistrationKey node, IReadOnlyList<SessionChange> changes)
    {
        var ended = new HashSet<RedisValue>();
        foreach (var change in changes)
        {
            if (change.ChangeCase == SessionChange.ChangeOneofCase.Offline)
                ended.Add(KeyOf(node, change).InNode);
            else if (change.ChangeCase == SessionChange.ChangeOneofCase.Online)
                ended.Remove(KeyOf(node, change).InNode);
        }

        return [.. ended];
    }

    private static SessionKey KeyOf(RegistrationKey node, SessionChange change) => change.ChangeCase switch
    {
        SessionChange.ChangeOneofCase.Online => new(change.Online.UserId, change.Online.SessionId, node),
        SessionChange.ChangeOneofCase.Offline => new(change.Offline.UserId, change.Offline.SessionId, node),
        SessionChange.ChangeOneofCase.Join => new(change.Join.UserId, change.Join.SessionId, node),
        _ => new(change.Leave.UserId, change.Leave.SessionId, node),
    };

    /// <summary>
    /// How many of a user's changes are one step: a session that comes and joins rooms at once, as one that returns does,
    /// costs a script less for each room.
    /// </summary>
    private static int Together(IReadOnlyList<SessionChange> changes, ReadOnlySpan<int> own)
    {
        var count = 1;
        if (changes[own[0]].Online is { } online)
        {
            while (count < own.Length && changes[own[count]].Join is { } join && join.SessionId == online.SessionId
                && (join.UserName.Length == 0 || join.UserName == online.UserName))
            {
                count++;
            }
        }

        return count;
    }

    private async Task ApplyBeginAsync(
        RegistrationKey node, IReadOnlyList<SessionChange> changes, ReadOnlyMemory<int> indexes, ChangeOutcome[] outcomes)
    {
        var own = indexes.ToArray();
        var joins = own.Skip(1).Select(i => changes[i].Join).ToList();
        var online = changes[own[0]].Online;
        var begin = await BeginAsync(KeyOf(node, changes[own[0]]), online, joins);
        if (begin.Begun is not { } begun)
        {
            Array.ForEach(own, i => outcomes[i] = begin);
            return;
        }

        var attempts = begun.Rooms.ToDictionary(attempt => attempt.RoomId, StringComparer.Ordinal);
        outcomes[own[0]] = new ChangeOutcome
        {
            Begun = begun with { Rooms = [.. begun.Rooms.Where(attempt => online.RoomIds.Contains(attempt.RoomId))] },
        };
        for (var i = 0; i < joins.Count; i++)
        {
            var attempt = attempts[joins[i].RoomId];
            outcomes[own[i + 1]] = new ChangeOutcome { Joined = attempt.Joined, Refusal = attempt.Refusal };
        }
    }

    private async Task<ChangeOutcome> BeginAsync(SessionKey session, SessionOnline online, IReadOnlyList<SessionJoin> joins)
    {
        var connectedAt = online.ConnectedAt == 0 ? time.GetUtcNow().ToUnixTimeMilliseconds() : online.ConnectedAt;
        var wishes = online.RoomIds.Select(roomId => new RoomWish(roomId, Create: true))
            .Concat(joins.Select(join => new RoomWish(join.RoomId, join.CreateRoom)))
            .DistinctBy(wish => wish.RoomId, StringComparer.Ordinal);
        try
        {
            return new ChangeOutcome { Begun = await sessions.BeginAsync(session, online.UserName, connectedAt, [.. wishes]) };
        }
        catch (Refusal refusal)
        {
            return new ChangeOutcome { Refusal = refusal };
        }
    }

    private async Task<ChangeOutcome> ApplyAsync(RegistrationKey node, SessionChange change)
    {
        var session = KeyOf(node, change);
        try
        {
            switch (change.ChangeCase)
            {
                case SessionChange.ChangeOneofCase.Online:
                    return await BeginAsync(session, change.Online, []);
                case SessionChange.ChangeOneofCase.Offline:
                    return new ChangeOutcome { Ended = await sessions.EndAsync(session) };
                case SessionChange.ChangeOneofCase.Join:
                    return new ChangeOutcome { Joined = await sessions.JoinAsync(session, change.Join.UserName, change.Join.RoomId, change.Join.CreateRoom) };
                default:
                    return new ChangeOutcome { Left = await sessions.LeaveAsync(session, change.Leave.RoomId) };
            }
        }
        catch (Refusal refusal)
        {
            return new ChangeOutcome { Refusal = refusal };
        }
    }
}

/// <summary>What came of one change: the refusal, or the result of its kind.</summary>
internal readonly record struct ChangeOutcome(
    Refusal? Refusal = null, Begun? Begun = null, Ended? Ended = null, Joined? Joined = null, Left? Left = null);
