using Microsoft.Extensions.Logging;

namespace PubSub.Membership;

internal sealed partial class ServiceWatch
{
    [LoggerMessage(200, LogLevel.Information, "Following {Kind}: {Count} at revision {Revision}")]
    private partial void LogFollowing(ServiceKind kind, int count, long revision);

    [LoggerMessage(201, LogLevel.Warning, "etcd at {Endpoints} does not answer; the {Count} of {Kind} known last stay. {Reason}")]
    private partial void LogAway(ServiceKind kind, string endpoints, int count, string reason);

    [LoggerMessage(202, LogLevel.Information, "Loading {Kind} anew: etcd ended the watch (compacted up to {Revision}). {Reason}")]
    private partial void LogReload(ServiceKind kind, long revision, string reason);

    [LoggerMessage(203, LogLevel.Warning, "{Kind} {Id} did not come back within {Seconds} s of etcd's return: dropped")]
    private partial void LogDropped(ServiceKind kind, string id, int seconds);

    [LoggerMessage(204, LogLevel.Warning, "{Key} in etcd is not the entry of a process: ignored")]
    private partial void LogUnreadable(string key);

    [LoggerMessage(205, LogLevel.Information, "{Kind} {Id} joined at {Address}, incarnation {Incarnation}")]
    private partial void LogJoined(ServiceKind kind, string id, string address, long incarnation);

    [LoggerMessage(206, LogLevel.Information, "{Kind} {Id} left, incarnation {Incarnation}")]
    private partial void LogLeft(ServiceKind kind, string id, long incarnation);
}
