using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Options;
using PubSub.Protocol;

namespace PubSub.Controller.Nodes;

/// <summary>
/// Calls nodes at the address that they registered. A connection is kept per address, which no later life of a node can
/// make wrong, and closed when it was not used for the cache TTL.
/// </summary>
internal sealed class NodeClients : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, NodeConnection> _connections = new(StringComparer.Ordinal);
    private readonly TimeSpan _keep;
    private readonly TimeProvider _time;
    private readonly ITimer _cleaning;

    public NodeClients(IOptions<NodeOptions> options, TimeProvider time)
    {
        _keep = options.Value.CacheTtl;
        _time = time;
        _cleaning = time.CreateTimer(_ => CloseUnused(), null, _keep, _keep);
    }

    /// <summary>Sessions that the node closed; a node that registered no address is one that a tool made up.</summary>
    public async Task<int> KickAsync(NodeRegistration node, NodeKickRequest request, CancellationToken cancellationToken)
    {
        if (node.Address.Length == 0 || node.GrpcPort == 0)
            return 0;

        var address = $"http://{node.Address}:{node.GrpcPort}";
        var connection = _connections.GetOrAdd(address, static address => new NodeConnection(GrpcChannel.ForAddress(address)));
        connection.LastUse = _time.GetTimestamp();
        try
        {
            var client = new ConnectNodeService.ConnectNodeServiceClient(connection.Channel);
            var deadline = _time.GetUtcNow().UtcDateTime + Patience;
            return (await client.KickAsync(request, deadline: deadline, cancellationToken: cancellationToken)).Sessions;
        }
        catch (RpcException failure) when (failure.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded)
        {
            throw new Refusal(
                RefusalKind.NodeAway,
                $"Node '{node.NodeId}' at {address} does not answer, so its connections may still be open: try again.");
        }
    }

    public void Dispose()
    {
        _cleaning.Dispose();
        foreach (var connection in _connections.Values)
            connection.Channel.Dispose();
    }

    private void CloseUnused()
    {
        foreach (var (address, connection) in _connections)
        {
            if (_time.GetElapsedTime(connection.LastUse) > _keep && _connections.TryRemove(new(address, connection)))
                connection.Channel.Dispose();
        }
    }

    private sealed class NodeConnection(GrpcChannel channel)
    {
        public GrpcChannel Channel { get; } = channel;

        public long LastUse { get; set; }
    }
}
