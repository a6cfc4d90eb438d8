using System.Diagnostics.Metrics;
using Grpc.Core;
using PubSub.Protocol.Channels;
using PubSub.PushManager.Links;

namespace PubSub.PushManager;

/// <summary>What an operator sees of this process. The first six names are on users' dashboards: they stay.</summary>
internal sealed class PushMetrics
{
    public const string MeterName = "PubSub.PushManager";

    private readonly Meter _meter;
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _succeeded;
    private readonly Counter<long> _failed;
    private readonly Counter<long> _calls;
    private readonly Counter<long> _appends;
    private readonly Histogram<double> _appendDuration;
    private readonly Histogram<double> _resolveDuration;
    private readonly Counter<long> _duplicates;
    private readonly Counter<long> _gaps;
    private readonly Counter<long> _drops;

    public PushMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _requests = _meter.CreateCounter<long>("push_manager_api_requests_total", "{request}", "Requests at the doors, by method and status.");
        _duration = _meter.CreateHistogram<double>("push_manager_api_duration_seconds", "s", "Time that a request took, the nodes' acks included.");
        _succeeded = _meter.CreateCounter<long>("push_manager_push_success_total", "{push}", "Pushes accepted, by kind of channel.");
        _failed = _meter.CreateCounter<long>("push_manager_push_failed_total", "{push}", "Pushes refused, by kind of channel and status.");
        _calls = _meter.CreateCounter<long>("grpc_calls_total", "{call}", "gRPC calls to other services, by service, name and status.");
        _appends = _meter.CreateCounter<long>("push_manager_appends_total", "{message}", "Messages appended to channel logs.");
        _appendDuration = _meter.CreateHistogram<double>("push_manager_append_duration_seconds", "s", "Round trip of one append to Redis.");
        _resolveDuration = _meter.CreateHistogram<double>("push_manager_resolve_duration_seconds", "s", "Round trip of one resolve to the controller.");
        _duplicates = _meter.CreateCounter<long>("push_manager_duplicates_total", "{push}", "Pushes whose message id had been accepted before.");
        _gaps = _meter.CreateCounter<long>("push_manager_gaps_total", "{message}", "Messages that a node has to read from the log, by reason.");
        _drops = _meter.CreateCounter<long>("push_manager_drops_total", "{message}", "Messages without a log that a node did not get, by reason.");
    }

    public void Answered(string method, StatusCode status, TimeSpan took)
    {
        _requests.Add(1, new("method", method), new("status", status.ToString()));
        _duration.Record(took.TotalSeconds, new KeyValuePair<string, object?>("method", method));
    }

    public void Pushed(ChannelKind kind, StatusCode status)
    {
        var ofKind = new KeyValuePair<string, object?>("kind", Text(kind));
        if (status is StatusCode.OK)
            _succeeded.Add(1, ofKind);
        else
            _failed.Add(1, ofKind, new("status", status.ToString()));
    }

    public void Called(string service, string name, StatusCode status) =>
        _calls.Add(1, new("service", service), new("name", name), new("status", status.ToString()));

    public void Appended(ChannelKind kind, int messages, TimeSpan took)
    {
        _appends.Add(messages, new KeyValuePair<string, object?>("kind", Text(kind)));
        _appendDuration.Record(took.TotalSeconds);
    }

    public void Resolved(TimeSpan took) => _resolveDuration.Record(took.TotalSeconds);

    public void Duplicate(ChannelKind kind) => _duplicates.Add(1, new KeyValuePair<string, object?>("kind", Text(kind)));

    public void GapNoted(LossReason reason) => _gaps.Add(1, new KeyValuePair<string, object?>("reason", Text(reason)));

    public void Dropped(LossReason reason) => _drops.Add(1, new KeyValuePair<string, object?>("reason", Text(reason)));

    public void ObserveLinks(Func<int> up, Func<int> waiting)
    {
        _meter.CreateObservableGauge("push_manager_node_connections", up, "{connection}", "Nodes whose delivery stream is up.");
        _meter.CreateObservableGauge("push_manager_link_queue", waiting, "{message}", "Messages that wait for nodes.");
    }

    public void ObserveLanes(Func<int> waiting) =>
        _meter.CreateObservableGauge("push_manager_lane_queue", waiting, "{push}", "Pushes that wait in lanes.");

    private static string Text(ChannelKind kind) => kind switch
    {
        ChannelKind.Room => "room",
        ChannelKind.User => "user",
        _ => "all",
    };

    private static string Text(LossReason reason) => reason switch
    {
        LossReason.QueueFull => "queue_full",
        LossReason.StreamBroken => "stream_broken",
        LossReason.Hung => "hung",
        LossReason.NodeGone => "node_gone",
        _ => "unknown_node",
    };
}
