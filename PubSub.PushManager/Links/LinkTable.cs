using System.Collections.Concurrent;
using System.Diagnostics;
using PubSub.Protocol;

namespace PubSub.PushManager.Links;

/// <summary>The links to all live nodes, by node id. Follows the membership; whoever delivers only reads.</summary>
internal sealed partial class LinkTable : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, NodeLink> _links = new(StringComparer.Ordinal);
    private readonly Func<NodeAddress, NodeLink> _open;
    private readonly PushMetrics _metrics;
    private readonly AwaitedNodes _awaited;
    private readonly ILogger<LinkTable> _logger;
    private readonly SemaphoreSlim _applying = new(1);
    private bool _isStopping;

    public LinkTable(Func<NodeAddress, NodeLink> open, AwaitedNodes awaited, PushMetrics metrics, ILogger<LinkTable> logger)
    {
        _open = open;
        _awaited = awaited;
        _metrics = metrics;
        _logger = logger;
        metrics.ObserveLinks(() => _links.Values.Count(link => link.IsUp), () => _links.Values.Sum(link => link.Waiting));
    }

    public ICollection<NodeLink> Links => _links.Values;

    /// <summary>Opens links to nodes that are new, drops those of nodes and of lives that ended.</summary>
    public async Task ApplyAsync(IReadOnlyCollection<NodeAddress> nodes)
    {
        await _applying.WaitAsync();
        try
        {
            if (_isStopping)
                return;

            var live = nodes.ToDictionary(node => node.Id, StringComparer.Ordinal);
            foreach (var (id, link) in _links)
            {
                if (live.TryGetValue(id, out var node) && node == link.Node)
                    continue;
                _links.TryRemove(id, out _);
                LogDropped(id, link.Node.Incarnation);
                await link.DisposeAsync();
            }

            foreach (var node in live.Values)
                Open(node);
        }
        finally
        {
            _applying.Release();
        }
    }

    /// <summary>Hands a message to the nodes that hold subscribers. Never waits.</summary>
    /// <returns>Where their answers gather; null where there is no node.</returns>
    public PushReceipt? Deliver(ChannelMessage message, IReadOnlyList<NodeIdentity> nodes, SlowReaderPolicy slowReaders, ActivityContext trace)
    {
        if (nodes.Count == 0)
            return null;

        var receipt = new PushReceipt(nodes.Count);
        foreach (var node in nodes)
        {
            var span = PushSpans.StartNode(node.NodeId, trace);
            var delivery = new LinkDelivery(
                new Delivery { Message = message, TraceParent = PushSpans.TraceParent(span, trace), SlowReaders = slowReaders }, receipt, span);
            switch (Find(node, out var link))
            {
                case LinkMatch.Present:
                    link!.Enqueue(delivery);
                    break;
                case LinkMatch.Expected:
                    Await(node, delivery);
                    break;
                case LinkMatch.Outlived:
                    // Those sessions ended with that life of the node; the controller is about to see it too.
                    delivery.Missed("the node's earlier life ended");
                    break;
            }
        }

        return receipt;
    }

    /// <summary>All nodes: who is subscribed to "all" is on any of them.</summary>
    public IReadOnlyList<NodeIdentity> Everyone() =>
        [.. _links.Values.Select(link => new NodeIdentity { NodeId = link.Node.Id, Incarnation = link.Node.Incarnation })];

    /// <summary>Tells nodes to have everything up to a position. Those who have it do nothing.</summary>
    public void Tell(Gap gap, IReadOnlyList<NodeIdentity> nodes)
    {
        foreach (var node in nodes)
        {
            switch (Find(node, out var link))
            {
                case LinkMatch.Present:
                    link!.AddGap(gap);
                    break;
                case LinkMatch.Expected:
                    _awaited.Note(node, gap);
                    break;
            }
        }
    }

    /// <summary>Delivers what is queued on all links, then closes them.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        await _applying.WaitAsync(CancellationToken.None);
        _isStopping = true;
        _applying.Release();
        await Task.WhenAll(_links.Values.Select(link => link.DrainAsync(cancellationToken)));
        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _isStopping = true;
        foreach (var id in _links.Keys)
        {
            if (_links.TryRemove(id, out var link))
                await link.DisposeAsync();
        }
    }

    private void Open(NodeAddress node)
    {
        if (_links.ContainsKey(node.Id))
            return;
        var link = _open(node);
        _links[node.Id] = link;
        LogOpened(node.Id, node.Incarnation, node.Address);
        // After the link can be found: whoever notes a gap now either sees the link or is seen here.
        foreach (var gap in _awaited.Take(node.Id, node.Incarnation))
            link.AddGap(gap);
    }

    private void Await(NodeIdentity node, in LinkDelivery delivery)
    {
        if (delivery.IsRepairable)
        {
            _awaited.Note(node, delivery.ToGap());
            _metrics.GapNoted(LossReason.UnknownNode);
            // The link may have opened between our look and the note.
            if (Find(node, out var link) is LinkMatch.Present)
                _awaited.Take(node.NodeId, node.Incarnation).ForEach(link!.AddGap);
        }
        else
        {
            _metrics.Dropped(LossReason.UnknownNode);
        }

        delivery.Missed("no link to the node yet");
    }

    private LinkMatch Find(NodeIdentity node, out NodeLink? link)
    {
        if (!_links.TryGetValue(node.NodeId, out link))
            return LinkMatch.Expected;
        if (node.Incarnation == link.Node.Incarnation || node.Incarnation == 0)
            return LinkMatch.Present;
        return node.Incarnation > link.Node.Incarnation ? LinkMatch.Expected : LinkMatch.Outlived;
    }

    private enum LinkMatch
    {
        Present,

        /// <summary>The controller knows the node already, our membership does not.</summary>
        Expected,
        Outlived,
    }
}
