using System.Diagnostics.Metrics;
using PubSub.ConnectNode.Channels;
using PubSub.ConnectNode.Delivery;
using PubSub.ConnectNode.Sessions;
using PubSub.ConnectNode.Sockets.Deflate;
using PubSub.Protocol.Outcomes;

namespace PubSub.ConnectNode;

/// <summary>What the node counts. Per run of messages or per event of a session, never per delivery.</summary>
internal sealed class NodeMetrics
{
    private static readonly KeyValuePair<string, object?>[] ReasonTags =
        [.. Enum.GetValues<DisconnectReason>().Select(static reason => KeyValuePair.Create<string, object?>("reason", reason.ToString()))];

    private readonly Meter _meter;
    private readonly Counter<long> _drops;
    private readonly Counter<long> _framesIn;
    private readonly Counter<long> _connects;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _disconnects;
    private readonly Counter<long> _repairs;
    private readonly Counter<long> _resumes;
    private readonly Histogram<double> _lag;

    // What each run of messages counts is read when somebody asks: an instrument would tell it to all listeners each time.
    private long _deliveries;
    private long _messages;
    private long _answers;

    public NodeMetrics(IMeterFactory meters, SessionTable sessions, OutboxGauge outbox, Deflation deflation)
    {
        _meter = meters.Create("PubSub.ConnectNode");
        _meter.CreateObservableCounter("connect_node.deliveries", () => Deliveries, "{delivery}", "Messages handed to sessions, once for each session");
        _meter.CreateObservableCounter("connect_node.messages", () => Interlocked.Read(ref _messages), "{message}", "Messages fanned out, once for each message");
        _drops = _meter.CreateCounter<long>("connect_node.drops", "{message}", "Messages not fanned out, by reason");
        _framesIn = _meter.CreateCounter<long>("connect_node.frames.in", "{frame}", "Frames of clients");
        _meter.CreateObservableCounter("connect_node.frames.out", () => Deliveries + Interlocked.Read(ref _answers), "{frame}", "Frames to clients");
        _connects = _meter.CreateCounter<long>("connect_node.connects", "{connection}", "Connections taken");
        _refused = _meter.CreateCounter<long>("connect_node.connects.refused", "{connection}", "Connections refused before the upgrade, by reason");
        _disconnects = _meter.CreateCounter<long>("connect_node.disconnects", "{connection}", "Connections ended, by reason");
        _repairs = _meter.CreateCounter<long>("connect_node.repairs", "{repair}", "Holes read from the log, by result");
        _resumes = _meter.CreateCounter<long>("connect_node.resumes", "{resume}", "Channels that a client came back to, by whether nothing is lost to it");
        _lag = _meter.CreateHistogram<double>("connect_node.delivery.lag", "s", "From the push manager's acceptance to the fan-out");
        _meter.CreateObservableGauge("connect_node.connections", () => sessions.Count, "{connection}", "Open connections");
        _meter.CreateObservableGauge("connect_node.users", () => sessions.Users, "{user}", "Users with a connection here");
        _meter.CreateObservableGauge("connect_node.outbox", () => outbox.Bytes, "By", "Bytes that wait for slow readers");
        _meter.CreateObservableGauge("connect_node.outbox.memory", () => outbox.Memory, "By", "Memory taken by what waits for slow readers; frames that several wait for count once");
        _meter.CreateObservableCounter("connect_node.slow_readers", () => ByPolicy(outbox.Counts.Disconnects, outbox.Counts.DropSheds, outbox.Counts.ConflateSheds), "{time}", "Times that a reader was too slow, by the policy that was applied");
        _meter.CreateObservableCounter("connect_node.passed_over", () => ByPolicy(0, outbox.Counts.Dropped, outbox.Counts.Conflated), "{message}", "Messages that a slow reader did not get, by policy");
        ObserveDeflation(deflation.Counts);
    }

    private void ObserveDeflation(DeflateCounts counts)
    {
        _meter.CreateObservableCounter("connect_node.deflate.messages", () => ByResult(counts.Messages, counts.Kept), "{message}", "Messages tried once for each window in use: deflated, or kept because they did not shrink");
        _meter.CreateObservableCounter("connect_node.deflate.bytes.before", () => counts.BytesBefore, "By", "Bytes of the deflated messages as they were, once for each time of deflating");
        _meter.CreateObservableCounter("connect_node.deflate.bytes.after", () => counts.BytesAfter, "By", "Bytes of the deflated messages, once for each time of deflating");
        _meter.CreateObservableCounter("connect_node.deflate.deliveries", () => counts.Deliveries, "{delivery}", "Deflated messages handed to sessions, once for each session");
        _meter.CreateObservableCounter("connect_node.deflate.saved", () => counts.BytesSaved, "By", "Bytes that deflated deliveries did not take");
    }

    public long Deliveries => Interlocked.Read(ref _deliveries);

    public void ObserveChannels(ChannelTable channels) =>
        _meter.CreateObservableGauge("connect_node.rooms", () => channels.Rooms, "{room}", "Rooms with a member here");

    public void Delivered(ReadOnlySpan<LaneWork> messages, int reached, DateTimeOffset now)
    {
        Interlocked.Add(ref _deliveries, (long)messages.Length * reached);
        Interlocked.Add(ref _messages, messages.Length);
        if (!_lag.Enabled)
            return;
        foreach (ref readonly var work in messages)
        {
            if (work.Message.Content is { Timestamp: > 0 } content)
                _lag.Record(Math.Max(0, (now.ToUnixTimeMilliseconds() - content.Timestamp) / 1000.0));
        }
    }

    private static Measurement<long>[] ByPolicy(long disconnect, long dropOldest, long conflate) =>
    [
        new(disconnect, KeyValuePair.Create<string, object?>("policy", "disconnect")),
        new(dropOldest, KeyValuePair.Create<string, object?>("policy", "drop_oldest")),
        new(conflate, KeyValuePair.Create<string, object?>("policy", "conflate")),
    ];

    private static Measurement<long>[] ByResult(long deflated, long kept) =>
    [
        new(deflated, KeyValuePair.Create<string, object?>("result", "deflated")),
        new(kept, KeyValuePair.Create<string, object?>("result", "kept")),
    ];

    public void Repeated() => _drops.Add(1, new KeyValuePair<string, object?>("reason", "repeated"));

    public void FrameIn() => _framesIn.Add(1);

    public void FrameOut() => Interlocked.Increment(ref _answers);

    public void Connected() => _connects.Add(1);

    public void Refused(string reason) => _refused.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void Disconnected(DisconnectReason reason) => _disconnects.Add(1, ReasonTags[(int)reason]);

    public void Repaired(string result) => _repairs.Add(1, new KeyValuePair<string, object?>("result", result));

    public void Resumed(bool isRecovered) => _resumes.Add(1, new KeyValuePair<string, object?>("recovered", isRecovered ? "yes" : "no"));
}
