namespace Grpc.Core;

/// <summary>How a channel stands to its target.</summary>
public enum ConnectivityState
{
    Idle,
    Connecting,
    Ready,
    TransientFailure,
    Shutdown,
}
