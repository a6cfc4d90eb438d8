using PubSub.Controller.Sessions;
using StackExchange.Redis;

namespace PubSub.Controller.Nodes;

/// <summary>
/// Removes the sessions of stays that ended. A change that was under way when the stay ended may still write; it takes
/// that back itself, and should its controller die before, the session stays in the node's set until a pass after the
/// grace finds it. So a session that is not there yet is kept in the set, and the set goes last.
/// </summary>
internal sealed class SessionRemoval(NodeStore nodes, SessionStore sessions)
{
    private const int AtOnce = 256;

    /// <returns>Sessions removed.</returns>
    public async Task<int> RemoveAsync(RegistrationKey stay, bool isLast, CancellationToken cancellationToken)
    {
        var removed = 0;
        foreach (var some in (await nodes.SessionsAsync(stay)).Chunk(AtOnce))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var ended = await Task.WhenAll(some.Select(async inNode =>
                (inNode, (await sessions.EndAsync(SessionKey.FromNode(stay, inNode!))).Found)));
            RedisValue[] gone = [.. ended.Where(end => end.Found).Select(end => end.inNode)];
            await nodes.DropSessionsAsync(stay, gone);
            removed += gone.Length;
        }

        if (isLast)
            await nodes.ForgetAsync(stay);
        return removed;
    }
}
