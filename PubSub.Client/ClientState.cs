namespace PubSub.Client;

/// <summary>Where a client stands.</summary>
public enum ClientState
{
    /// <summary>Not asked to connect yet.</summary>
    Idle,

    /// <summary>An attempt is under way.</summary>
    Connecting,

    /// <summary>A node has answered; rooms are joined (again) from here on.</summary>
    Connected,

    /// <summary>The connection was lost; the next attempt follows after a pause.</summary>
    Waiting,

    /// <summary>The end: closed by the app, or refused for good.</summary>
    Closed,
}

/// <summary>A client came into a state.</summary>
/// <param name="State">The new state.</param>
/// <param name="Node">The address of the node concerned; the next one where the state is waiting.</param>
/// <param name="NodeId">The node's own name, where connected.</param>
/// <param name="Code">The close code (SPEC.md section 8) or HTTP status that ended the connection; 0 where there was none.</param>
/// <param name="Reason">Why the connection ended, in words.</param>
/// <param name="RetryAfter">The pause before the next attempt.</param>
public sealed record ClientStateChange(
    ClientState State, Uri? Node = null, string NodeId = "", int Code = 0, string Reason = "", TimeSpan RetryAfter = default);
