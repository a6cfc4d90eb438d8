using System.Diagnostics.Metrics;

namespace PubSub.Controller.Statistics;

/// <summary>What the controller counts and times.</summary>
internal sealed class ControllerMetrics : IDisposable
{
    public const string MeterName = "PubSub.Controller";

    private readonly Meter _meter;
    private readonly Counter<long> _calls;
    private readonly Histogram<double> _callDuration;
    private readonly Histogram<double> _redisDuration;
    private readonly Counter<long> _changes;
    private readonly Counter<long> _sweeps;
    private readonly Counter<long> _nodesRemoved;
    private readonly Counter<long> _sessionsRemoved;
    private StatisticsSnapshot _latest = StatisticsSnapshot.Empty;

    public ControllerMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _calls = _meter.CreateCounter<long>("controller.calls", "{call}", "Calls by method and status");
        _callDuration = _meter.CreateHistogram<double>("controller.call.duration", "s", "Duration of calls by method");
        _redisDuration = _meter.CreateHistogram<double>("controller.redis.duration", "s", "Duration of Redis commands and scripts");
        _changes = _meter.CreateCounter<long>("controller.session.changes", "{change}", "Changes of sessions by kind and outcome");
        _sweeps = _meter.CreateCounter<long>("controller.sweeps", "{sweep}", "Sweeps by outcome");
        _nodesRemoved = _meter.CreateCounter<long>("controller.nodes.removed", "{node}", "Nodes removed by reason");
        _sessionsRemoved = _meter.CreateCounter<long>("controller.sessions.removed", "{session}", "Sessions removed with their node");
        _meter.CreateObservableGauge("controller.rooms", () => _latest.Rooms, "{room}", "Rooms");
        _meter.CreateObservableGauge("controller.users", () => _latest.Users, "{user}", "Users with a session");
        _meter.CreateObservableGauge("controller.sessions", () => _latest.Sessions, "{session}", "Sessions");
        _meter.CreateObservableGauge("controller.nodes", () => _latest.Nodes, "{node}", "Registered nodes");
        _meter.CreateObservableGauge("controller.connections", () => _latest.Connections, "{connection}", "Connections that the nodes counted");
    }

    public void Answered(string method, string status, TimeSpan duration)
    {
        _calls.Add(1, new("method", method), new("status", status));
        _callDuration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("method", method));
    }

    public void RedisAnswered(string command, TimeSpan duration) =>
        _redisDuration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("command", command));

    public void Changed(string kind, bool granted) =>
        _changes.Add(1, new("kind", kind), new("outcome", granted ? "granted" : "refused"));

    public void Swept(bool completed) =>
        _sweeps.Add(1, new KeyValuePair<string, object?>("outcome", completed ? "completed" : "failed"));

    public void NodeRemoved(string reason) => _nodesRemoved.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void SessionsRemoved(int sessions) => _sessionsRemoved.Add(sessions);

    public void Show(StatisticsSnapshot latest) => Volatile.Write(ref _latest, latest);

    public void Dispose() => _meter.Dispose();
}
