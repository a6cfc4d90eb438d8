using Microsoft.Extensions.Options;
using PubSub.Controller.Nodes;
using PubSub.Protocol;

namespace PubSub.Controller.Doors;

/// <summary>The calls of nodes about themselves.</summary>
internal sealed partial class NodeCalls(
    NodeStore nodes, NodeSweep sweep, IOptions<NodeOptions> options, ILogger<NodeCalls> logger)
{
    private readonly ILogger<NodeCalls> _logger = logger;

    public async Task<RegisterNodeReply> RegisterAsync(RegisterNodeRequest request)
    {
        RequestRules.Id("node_id", request.NodeId);
        RequestRules.Optional("address", request.Address);
        RequestRules.Incarnation(request.Incarnation);
        RequestRules.Port("grpc_port", request.GrpcPort);
        RequestRules.Port("http_port", request.HttpPort);

        if (await nodes.RegisterAsync(request))
        {
            LogRegistered(request.NodeId, request.Incarnation, request.Address, request.GrpcPort);

            // It may have taken the place of an earlier life, whose sessions are gone.
            sweep.Wake();
        }

        return new RegisterNodeReply { HeartbeatSeconds = options.Value.HeartbeatSeconds };
    }

    public async Task<NodeHeartbeatReply> HeartbeatAsync(NodeHeartbeatRequest request)
    {
        RequestRules.Id("node_id", request.NodeId);
        RequestRules.Incarnation(request.Incarnation);
        RequestRules.Complain(request.Connections < 0 ? $"connections is {request.Connections}: give a count." : null);
        return new NodeHeartbeatReply
        {
            Known = await nodes.HeartbeatAsync(request.NodeId, request.Incarnation, request.Connections),
        };
    }

    [LoggerMessage(3511, LogLevel.Information, "Node {NodeId} (incarnation {Incarnation}) registered at {Address}:{Port}")]
    private partial void LogRegistered(string nodeId, long incarnation, string address, int port);
}
