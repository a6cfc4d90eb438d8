using PubSub.ConnectNode.Channels;
using PubSub.ConnectNode.Sessions;
using PubSub.ConnectNode.Sockets.Deflate;
using PubSub.Membership;
using PubSub.Protocol;
using PubSub.ServiceDefaults;

namespace PubSub.ConnectNode;

/// <summary>What the node says of itself, to tools and on /stats.</summary>
internal sealed class NodeStatus(
    ServiceIdentity identity, SessionTable sessions, ChannelTable channels, OutboxGauge outbox, Deflation deflation, NodeMetrics metrics,
    ServiceRegistration registration, TimeProvider time)
{
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();

    public DateTimeOffset Now => time.GetUtcNow();

    public DeflateCounts Deflated => deflation.Counts;

    public int Channels => channels.Channels;

    /// <summary>Bytes; what several wait for counts once.</summary>
    public long OutboxMemory => outbox.Memory;

    public NodeStats ToProto() => new()
    {
        NodeId = identity.InstanceId,
        Incarnation = registration.Status.Entry?.Incarnation ?? 0,
        Connections = sessions.Count,
        Users = sessions.Users,
        Rooms = channels.Rooms,
        Deliveries = metrics.Deliveries,
        OutboxBytes = outbox.Bytes,
        UptimeSeconds = (long)(Now - _startedAt).TotalSeconds,
    };
}
