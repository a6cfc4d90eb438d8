using System.Diagnostics;
using System.Diagnostics.Metrics;
using Grpc.Core;

namespace PubSub.BizServer.Logic;

internal sealed class LogicMetrics
{
    public static readonly ActivitySource Spans = new("PubSub.BizServer");

    private readonly Counter<long> _calls;

    public LogicMetrics(IMeterFactory meters)
    {
        _calls = meters.Create("PubSub.BizServer").CreateCounter<long>(
            "grpc_calls_total", "{call}", "gRPC calls to other services, by service, name and status.");
    }

    public void Forwarded(StatusCode status) => _calls.Add(
        1, new("service", "push-manager"), new("name", "logic_forward"), new("status", status.ToString()));
}
