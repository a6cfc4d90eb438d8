using System.Diagnostics.Metrics;
using Grpc.Core;

namespace PubSub.ConnectNode.Upstream;

/// <summary>What the node's calls to controllers and push managers cost and how they end.</summary>
internal sealed class UplinkMetrics
{
    public const string MeterName = "PubSub.ConnectNode.Upstream";

    private readonly Counter<long> _calls;
    private readonly Histogram<int> _batches;

    public UplinkMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _calls = meter.CreateCounter<long>(
            "connect_node_uplink_calls_total", "{call}", "Calls to controllers and push managers, by how they ended");
        _batches = meter.CreateHistogram<int>(
            "connect_node_uplink_batch_size", "{item}", "Changes or messages that travelled in one call",
            advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000] });
    }

    public void Called(string uplink, string method, StatusCode status)
    {
        if (_calls.Enabled)
        {
            _calls.Add(
                1,
                new KeyValuePair<string, object?>("uplink", uplink),
                new KeyValuePair<string, object?>("method", method),
                new KeyValuePair<string, object?>("status", status.ToString()));
        }
    }

    public void Batched(string uplink, int items)
    {
        if (_batches.Enabled)
            _batches.Record(items, new KeyValuePair<string, object?>("uplink", uplink));
    }
}
