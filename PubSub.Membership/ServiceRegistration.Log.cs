using Microsoft.Extensions.Logging;

namespace PubSub.Membership;

public sealed partial class ServiceRegistration
{
    [LoggerMessage(210, LogLevel.Information, "Registered as {Key}: incarnation {Incarnation}, revision {Revision}, lease of {Seconds} s")]
    private partial void LogRegistered(string key, long incarnation, long revision, int seconds);

    [LoggerMessage(211, LogLevel.Warning, "{Kind}: etcd at {Endpoints} does not answer, asking again until it does. {Reason}")]
    private partial void LogAway(ServiceKind kind, string endpoints, string reason);

    [LoggerMessage(212, LogLevel.Information, "etcd answers again; {Key} is still there")]
    private partial void LogBack(string key);

    [LoggerMessage(213, LogLevel.Warning, "The lease of {Key} is gone: registering again")]
    private partial void LogLeaseGone(string key);

    [LoggerMessage(214, LogLevel.Warning, "{Key} is gone from etcd, or somebody else's: registering again")]
    private partial void LogEntryGone(string key);

    [LoggerMessage(215, LogLevel.Critical, "Another {Kind} was started with the id {Id} and has taken its place. Stopping: give each process an id of its own")]
    private partial void LogSuperseded(ServiceKind kind, string id);

    [LoggerMessage(216, LogLevel.Information, "Withdrew {Id} from etcd")]
    private partial void LogWithdrawn(string id);

    [LoggerMessage(217, LogLevel.Warning, "Could not withdraw from etcd; the entry ends with its lease, within {Seconds} s. {Reason}")]
    private partial void LogNotWithdrawn(int seconds, string reason);
}
