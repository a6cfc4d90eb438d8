namespace PubSub.Controller.Nodes;

internal sealed partial class NodeSweep
{
    [LoggerMessage(3301, LogLevel.Warning, "Node {NodeId} (incarnation {Incarnation}) is removed: its {Reason} ended")]
    private partial void LogNodeRemoved(string nodeId, long incarnation, string reason);

    [LoggerMessage(3302, LogLevel.Information, "{Sessions} sessions of {Stay} are removed")]
    private partial void LogSessionsRemoved(int sessions, RegistrationKey stay);

    [LoggerMessage(3303, LogLevel.Warning, "No sweep, trying again: {Reason}")]
    private partial void LogNotSwept(string reason);
}
