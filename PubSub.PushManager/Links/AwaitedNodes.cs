using PubSub.Protocol;

namespace PubSub.PushManager.Links;

/// <summary>
/// Gaps of nodes that the controller names and the membership does not know yet: the first subscribers of a node may
/// be quicker than its record's way through etcd. The link gets them when it opens. Notes of a node that never
/// appears are forgotten after a while.
/// </summary>
internal sealed class AwaitedNodes(TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Node, long Incarnation), Notes> _nodes = [];

    public void Note(NodeIdentity node, Gap gap)
    {
        lock (_lock)
        {
            ForgetOldLocked();
            var key = (node.NodeId, node.Incarnation);
            if (!_nodes.TryGetValue(key, out var notes))
                _nodes[key] = notes = new Notes(time.GetTimestamp(), []);
            notes.Gaps[gap.Channel] = gap.Until;
        }
    }

    /// <summary>Of this life of the node, and of whatever life it has where the controller did not say.</summary>
    public List<Gap> Take(string node, long incarnation)
    {
        lock (_lock)
        {
            var gaps = new List<Gap>();
            foreach (var key in new[] { (node, incarnation), (node, 0) })
            {
                if (_nodes.Remove(key, out var notes))
                    gaps.AddRange(notes.Gaps.Select(gap => new Gap { Channel = gap.Key, Until = gap.Value }));
            }

            return gaps;
        }
    }

    private void ForgetOldLocked()
    {
        foreach (var (key, notes) in _nodes)
        {
            if (time.GetElapsedTime(notes.Since) > Patience)
                _nodes.Remove(key);
        }
    }

    private sealed record Notes(long Since, Dictionary<string, Position> Gaps);
}
