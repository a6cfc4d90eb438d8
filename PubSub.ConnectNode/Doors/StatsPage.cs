using System.Text.Json;

namespace PubSub.ConnectNode.Doors;

/// <summary><c>/stats</c>: what the node holds now, as JSON for people and scripts.</summary>
internal static class StatsPage
{
    public static IResult Get(NodeStatus status)
    {
        var now = status.ToProto();
        return TypedResults.Bytes(
            JsonSerializer.SerializeToUtf8Bytes(
                new
                {
                    nodeId = now.NodeId,
                    incarnation = now.Incarnation,
                    connections = now.Connections,
                    users = now.Users,
                    rooms = now.Rooms,
                    channels = status.Channels,
                    deliveries = now.Deliveries,
                    outbox = new { bytes = now.OutboxBytes, memory = status.OutboxMemory },
                    deflated = new { deliveries = status.Deflated.Deliveries, bytesSaved = status.Deflated.BytesSaved },
                    uptimeSeconds = now.UptimeSeconds,
                },
                Indented),
            "application/json");
    }

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
}
