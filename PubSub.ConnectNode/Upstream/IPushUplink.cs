using PubSub.Protocol;

namespace PubSub.ConnectNode.Upstream;

/// <summary>The node's way to the push managers.</summary>
internal interface IPushUplink
{
    /// <summary>A client's own message. An outage is an outcome with code UNAVAILABLE.</summary>
    Task<PushOutcome> PublishAsync(Push push, CancellationToken cancellationToken);

    /// <exception cref="Grpc.Core.RpcException">No push manager can read the log now.</exception>
    Task<LogSlice> ReadLogAsync(LogRange range, CancellationToken cancellationToken);

    /// <summary>Keeps how far a device of a user has got.</summary>
    /// <exception cref="Grpc.Core.RpcException">No push manager can keep it now.</exception>
    Task MoveCursorAsync(DeviceCursor cursor, CancellationToken cancellationToken);
}
