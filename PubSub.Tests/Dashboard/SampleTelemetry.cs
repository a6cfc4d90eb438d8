using Aspire.Dashboard.Telemetry;

namespace PubSub.Tests.Dashboard;

/// <summary>Telemetry as a small cluster would send it: the same on every run.</summary>
internal sealed class SampleTelemetry(DateTimeOffset now)
{
    private const long Micro = 1000;

    private readonly Random _random = new(7);
    private readonly TelemetrySource _controller = Source("controller-manager", "controller-1");
    private readonly TelemetrySource _manager = Source("push-manager", "push-manager-1");
    private readonly TelemetrySource _business = Source("biz-server", "biz-server-1");
    private readonly TelemetrySource[] _nodes = [.. Enumerable.Range(1, 3).Select(n => Source("connect-node", $"connect-node-{n}"))];
    private readonly List<SpanRecord> _spans = [];
    private readonly List<LogEntry> _logs = [];
    private ulong _ids;

    /// <summary>The id of the trace of a push, the first of which is number 0.</summary>
    public static string TraceIdOf(int push) => Ids.Text(IdOf(push));

    public static void Feed(TelemetryStore store, DateTimeOffset now, int pushes = 60)
    {
        var sample = new SampleTelemetry(now);
        for (var i = 0; i < pushes; i++)
            sample.Push(IdOf(i), now - TimeSpan.FromSeconds(4 * (pushes - i)), i);
        store.Add(sample._spans);
        store.Add(sample._logs);
        store.Add(sample.Metrics());
    }

    private static UInt128 IdOf(int push) => (UInt128)(ulong)(push + 1) * new UInt128(0x9E3779B97F4A7C15, 0xF39CC0605CEDC835);

    /// <summary>One push as one trace: publisher, append, resolve, nodes, fan-out. Every ninth meets a node that is away.</summary>
    private void Push(UInt128 trace, DateTimeOffset at, int number)
    {
        var start = at.ToUnixTimeMilliseconds() * 1_000_000;
        var fails = number % 9 == 8;
        var room = $"room:room-{number % 5:000}";
        var length = _random.Next(900, 6000) * Micro * (number % 13 == 5 ? 12 : 1);
        var send = Add(trace, 0, "POST /logic/send", "server", start, length + (900 * Micro), _business, ("http.route", "/logic/send"), ("http.response.status_code", fails ? "503" : "202"));
        var call = Add(trace, send, "pubsub.PushManagerService/PushToRoom", "client", start + (200 * Micro), length, _business, ("rpc.system", "grpc"), ("server.address", "localhost"), ("server.port", "50053"));
        var serve = Add(trace, call, "pubsub.PushManagerService/PushToRoom", "server", start + (350 * Micro), length - (250 * Micro), _manager, ("rpc.system", "grpc"), ("pubsub.channel", room));
        var append = length / 5;
        Add(trace, serve, "append", "client", start + (500 * Micro), append, _manager, ("db.system", "redis"), ("pubsub.channel", room), ("pubsub.offset", $"{1000 + number}"));
        var resolve = Add(trace, serve, "pubsub.ControllerService/ResolveChannel", "client", start + (600 * Micro) + append, length / 6, _manager, ("rpc.system", "grpc"));
        var resolved = Add(trace, resolve, "pubsub.ControllerService/ResolveChannel", "server", start + (700 * Micro) + append, length / 8, _controller, ("pubsub.channel", room));
        Add(trace, resolved, "EVALSHA channel_nodes", "client", start + (760 * Micro) + append, length / 14, _controller, ("db.system", "redis"));
        var delivered = start + (800 * Micro) + append + (length / 6);
        foreach (var (node, index) in _nodes.Select((node, index) => (node, index)))
        {
            var failed = fails && index == 1;
            var link = Add(trace, serve, "deliver", "client", delivered + (index * 40 * Micro), length / 3, _manager,
                failed ? SpanOutcome.Error : SpanOutcome.Unset, failed ? "connect-node-2 did not acknowledge within 5 s" : "",
                ("pubsub.node", node.Instance), ("pubsub.channel", room));
            if (failed)
                continue;
            var lane = Add(trace, link, "node lane", "consumer", delivered + ((90 + (index * 60)) * Micro), length / 5, node, ("pubsub.channel", room));
            Add(trace, lane, "fan-out", "internal", delivered + ((140 + (index * 60)) * Micro), length / 9, node, ("pubsub.sessions", $"{_random.Next(40, 900)}"));
        }

        Log(trace, serve, start, 9, "PubSub.PushManager.Publishing.Publisher", $"accepted {room} offset {1000 + number}", _manager);
        Log(trace, resolved, start, 5, "PubSub.Controller.Nodes.ChannelNodes", $"{room} is on 3 nodes", _controller);
        if (fails)
            Log(trace, serve, start + length, 17, "PubSub.PushManager.Links.NodeLink", "connect-node-2 did not acknowledge within 5 s; its sessions will repair the gap", _manager);
        if (number % 7 == 3)
            Log(trace, serve, start + length, 13, "PubSub.ConnectNode.Sessions.Outbox", "outbox of session s-204 is 80 % full", _nodes[number % 3]);
    }

    private List<MetricPoint> Metrics()
    {
        var points = new List<MetricPoint>();
        double[] bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25];
        foreach (var (node, n) in _nodes.Select((node, n) => (node, n)))
        {
            var counts = new double[bounds.Length + 1];
            var total = 0.0;
            for (var second = 330; second >= 0; second -= 5)
            {
                var at = (now - TimeSpan.FromSeconds(second)).ToUnixTimeMilliseconds();
                var wave = 1 + (0.5 * Math.Sin((second / 28.0) + n)) + (_random.NextDouble() * 0.15);
                for (var i = 0; i < counts.Length; i++)
                    counts[i] += Math.Floor(600 * wave * Math.Exp(-Math.Pow(i - 2.4 - (0.8 * Math.Sin(second / 50.0)), 2) / 2.2));
                total += Math.Floor(5 * 420 * wave);
                points.Add(Point(node, "PubSub.ConnectNode", "connect_node.deliveries", "{message}", "Messages handed to sessions", InstrumentKind.Counter, at, total, null, new Tag("encoding", "json")));
                points.Add(Point(node, "PubSub.ConnectNode", "connect_node.delivery.lag", "s", "From the publisher's call to the session's outbox", InstrumentKind.Histogram, at, counts.Sum() * 0.0083, new Buckets(bounds, [.. counts])));
                points.Add(Point(node, "PubSub.ConnectNode", "connect_node.sessions", "{session}", "Open client connections", InstrumentKind.Gauge, at, Math.Round(310 + (n * 40) + (25 * wave)), null));
                points.Add(Point(node, "PubSub.ConnectNode", "connect_node.outbox.bytes", "By", "Bytes waiting for sockets", InstrumentKind.Gauge, at, Math.Round(48_000 * wave), null));
                points.Add(Point(node, "System.Runtime", "dotnet.process.memory.working_set", "By", "Memory of the process", InstrumentKind.Gauge, at, 92e6 + (4e6 * wave), null));
                points.Add(Point(node, "System.Runtime", "dotnet.thread_pool.thread.count", "{thread}", "Threads of the pool", InstrumentKind.Gauge, at, Math.Round(6 + (2 * wave)), null));
            }
        }

        return points;
    }

    private static MetricPoint Point(
        TelemetrySource source, string meter, string name, string unit, string description, InstrumentKind kind, long at, double value, Buckets? buckets, params Tag[] tags) =>
        new(source, meter, name, unit, description, kind, false, tags, at, value, buckets);

    private ulong Add(UInt128 trace, ulong parent, string name, string kind, long start, long length, TelemetrySource source, params (string, string)[] tags) =>
        Add(trace, parent, name, kind, start, length, source, SpanOutcome.Unset, "", tags);

    private ulong Add(
        UInt128 trace, ulong parent, string name, string kind, long start, long length, TelemetrySource source, SpanOutcome outcome, string why, params (string Key, string Value)[] tags)
    {
        var id = ++_ids;
        IReadOnlyList<SpanEventRecord> events = name == "node lane" ? [new SpanEventRecord(start + (length / 3), "in order", [new Tag("pubsub.offset", "1042")])] : [];
        _spans.Add(new SpanRecord(trace, id, parent, name, kind, start, start + length, outcome, why, source, "PubSub", [.. tags.Select(tag => new Tag(tag.Key, tag.Value))], events, []));
        return id;
    }

    private void Log(UInt128 trace, ulong span, long at, int severity, string category, string message, TelemetrySource source) =>
        _logs.Add(new LogEntry(at, severity, message, category, source, trace, span, [new Tag("Channel", "room:room-001")]));

    private static TelemetrySource Source(string service, string instance) =>
        new(service, instance, [new Tag("service.namespace", "pubsub"), new Tag("service.version", "1.0.0"), new Tag("telemetry.sdk.language", "dotnet")]);
}
