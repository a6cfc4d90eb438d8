using System.Diagnostics;
using System.Diagnostics.Metrics;
using Grpc.Core;

namespace PubSub.BizServer.Logic;

internal sealed class LogicMetrics
{
    public static readonly ActivitySource Spans = new("PubSub.BizServer");

    private readonly Counter<long> _calls;

    private readonly Counter<long> _appends;

    public LogicMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("PubSub.BizServer");
        _calls = meter.CreateCounter<long>("grpc_calls_total", "{call}", "gRPC calls to other services, by service, name and status.");
        _appends = meter.CreateCounter<long>("push_log_appends_total", "{job}", "Jobs for the durable push log, by status.");
    }

    public void Appended(int jobs, StatusCode status) => _appends.Add(jobs, new KeyValuePair<string, object?>("status", status.ToString()));

    public void Forwarded(StatusCode status) => _calls.Add(
        1, new("service", "push-manager"), new("name", "logic_forward"), new("status", status.ToString()));
}
