using PubSub.Protocol;

namespace PubSub.ConnectNode.Upstream;

/// <summary>The node's way to the controllers.</summary>
internal interface IControllerUplink
{
    /// <summary>One change, told in order with all others. An outage is an outcome with code UNAVAILABLE.</summary>
    Task<SessionChangeOutcome> ApplyAsync(SessionChange change, CancellationToken cancellationToken);

    /// <summary>
    /// For what must not be waited for. Whatever is lost in an outage is made good by the announcement of all sessions
    /// that follows it.
    /// </summary>
    void Post(SessionChange change);

    /// <exception cref="Grpc.Core.RpcException">No controller answers, or there is no such room.</exception>
    Task<RoomInfo> GetRoomInfoAsync(string roomId, int maxMembers, CancellationToken cancellationToken);
}

/// <summary>Who is connected here, for an announcement of all sessions.</summary>
internal interface ISessionRoster
{
    int Count { get; }

    /// <summary>A session is in it from before its first change is told until before its last is.</summary>
    IReadOnlyList<SessionOnline> Snapshot();

    /// <summary>The node is in the routing (again), and everybody was announced.</summary>
    void Announced()
    {
    }
}
