namespace PubSub.Protocol.Outcomes;

/// <summary>
/// Why a connection ended. One value feeds the close frame, the log line and the metric's tag.
/// </summary>
public enum DisconnectReason
{
    /// <summary>The client closed in the agreed way.</summary>
    ClientClosed,

    /// <summary>The transport ended without a close frame.</summary>
    ConnectionLost,
    NodeStopping,
    ProtocolError,
    UnsupportedData,
    InvalidText,
    TooLarge,
    BadFrame,
    ConnectTimeout,
    Unauthorized,
    Kicked,
    SlowConsumer,
    HeartbeatTimeout,

    /// <summary>A later start under the node's id has taken its place.</summary>
    NodeFenced,
    InternalError,
}
