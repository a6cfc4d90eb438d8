using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Reflection;
using PubSub.LocalTools;

namespace PubSub.Bench.Cluster;

/// <summary>The ports of a node that the load talks to.</summary>
internal sealed record NodePorts(int Http, int Grpc, int Metrics)
{
    public IPEndPoint Door => new(IPAddress.Loopback, Http);
}

/// <summary>The whole system as processes on free ports, in the configuration in which the bench was built.</summary>
internal sealed class BenchCluster : IAsyncDisposable
{
    /// <summary>What every service is given, unless the run sets something else.</summary>
    public static readonly IReadOnlyDictionary<string, string> Preset = new Dictionary<string, string>
    {
        ["ROOM_MAX_USERS"] = "100000",
        ["LOG_LEVEL"] = "Warning",
        // Telemetry is on, with a collector to send to; of the traces none is kept.
        ["OTEL_TRACES_SAMPLER"] = "always_off",
    };

    /// <summary>That, and what a scenario sets itself.</summary>
    public static Dictionary<string, string> PresetWith(string name, string value) => new(Preset) { [name] = value };

    private readonly string _data = Directory.CreateTempSubdirectory("pubsub-bench-").FullName;
    private readonly Dictionary<string, string> _shared;
    private readonly List<Backing> _processes = [];

    private readonly OtlpSink _sink;
    private readonly Action<string> _log;

    private BenchCluster(IReadOnlyDictionary<string, string> settings, OtlpSink sink, Action<string> log)
    {
        (_sink, _log) = (sink, log);
        _shared = new Dictionary<string, string>(Preset)
        {
            ["ADVERTISED_ADDRESS"] = "127.0.0.1",
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = sink.Endpoint,
        };
        foreach (var (name, value) in settings)
            _shared[name] = value;
    }

    public IReadOnlyList<Backing> Processes => _processes;

    public List<NodePorts> Nodes { get; } = [];

    public int PushPort { get; private set; }

    public int ControllerPort { get; private set; }

    public Backing Node(int index) => _processes.First(process => process.Name == $"node {index + 1}");

    public static async Task<BenchCluster> StartAsync(int nodes, IReadOnlyDictionary<string, string> settings, Action<string> log)
    {
        var cluster = new BenchCluster(settings, await OtlpSink.StartAsync(), log);
        try
        {
            log($"starting redis, etcd, a controller, a push manager and {nodes} node{(nodes == 1 ? "" : "s")}");
            await cluster.StartBackendsAsync();
            await cluster.StartServicesAsync(nodes);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Enumerable.Reverse(_processes))
            process.Dispose();
        _log($"{_sink.Exports} exports of telemetry were taken");
        await _sink.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    private async Task StartBackendsAsync()
    {
        var redisPort = Backing.FreePort();
        var redis = Add("redis", (await LocalTool.Redis.LocateAsync()).StartInfo(
            "--port", Text(redisPort), "--bind", "127.0.0.1", "--dir", _data, "--save", "", "--appendonly", "yes", "--appendfsync", "everysec"));
        var (client, peer) = (Backing.FreePort(), Backing.FreePort());
        var etcd = Add("etcd", (await LocalTool.Etcd.LocateAsync()).StartInfo(
            "--name", "bench", "--data-dir", Path.Combine(_data, "etcd"),
            "--listen-client-urls", $"http://127.0.0.1:{client}", "--advertise-client-urls", $"http://127.0.0.1:{client}",
            "--listen-peer-urls", $"http://127.0.0.1:{peer}", "--initial-advertise-peer-urls", $"http://127.0.0.1:{peer}",
            "--initial-cluster", $"bench=http://127.0.0.1:{peer}", "--heartbeat-interval", "50", "--election-timeout", "300"));
        _shared["REDIS_CONNECTION"] = $"127.0.0.1:{redisPort}";
        _shared["ETCD_ENDPOINTS"] = $"http://127.0.0.1:{client}";
        await redis.ReadyAsync(() => Backing.ListensAsync(redisPort));
        await etcd.ReadyAsync(() => Backing.AnswersAsync($"http://127.0.0.1:{client}/health", "true"));
    }

    private async Task StartServicesAsync(int nodes)
    {
        ControllerPort = Backing.FreePort();
        PushPort = Backing.FreePort();
        _shared["CONTROLLER_ADDRESS"] = $"127.0.0.1:{ControllerPort}";
        var starting = new List<Task>
        {
            StartAsync("controller", "PubSub.Controller", ("CONTROLLER_ID", "controller-1"), ("GRPC_PORT", Text(ControllerPort))),
        };
        await Task.WhenAll(starting);
        for (var i = 0; i < nodes; i++)
        {
            var ports = new NodePorts(Backing.FreePort(), Backing.FreePort(), Backing.FreePort());
            Nodes.Add(ports);
            starting.Add(StartAsync(
                $"node {i + 1}", "PubSub.ConnectNode",
                ("NODE_ID", $"connect-node-{i + 1}"), ("GRPC_PORT", Text(ports.Grpc)), ("HTTP_PORT", Text(ports.Http)), ("METRICS_PORT", Text(ports.Metrics))));
        }

        var metrics = Backing.FreePort();
        starting.Add(StartAsync(
            "push manager", "PubSub.PushManager",
            ("MANAGER_ID", "push-manager-1"), ("GRPC_PORT", Text(PushPort)), ("HTTP_PORT", Text(Backing.FreePort())), ("METRICS_PORT", Text(metrics))));
        await Task.WhenAll(starting);
        await _processes[^1].ReadyAsync(() => Backing.AnswersAsync(
            $"http://127.0.0.1:{metrics}/metrics", $@"^push_manager_node_connections(\{{[^}}]*\}})? {nodes}$"));
    }

    private async Task StartAsync(string name, string project, params (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false };
        start.ArgumentList.Add(ProgramOf(project));
        foreach (var (key, value) in _shared)
            start.Environment[key] = value;
        var metrics = Backing.FreePort();
        start.Environment["METRICS_PORT"] = Text(metrics);
        foreach (var (key, value) in settings)
            start.Environment[key] = value;
        metrics = int.Parse(start.Environment["METRICS_PORT"]!, CultureInfo.InvariantCulture);
        await Add(name, start).ReadyAsync(() => Backing.AnswersAsync($"http://127.0.0.1:{metrics}/health"));
    }

    private Backing Add(string name, ProcessStartInfo start)
    {
        var process = new Backing(name, start);
        _processes.Add(process);
        return process;
    }

    /// <summary>PubSub.X/bin/Release/net10.0 beside PubSub.Bench/bin/Release/net10.0.</summary>
    private static string ProgramOf(string project)
    {
        var output = AppContext.BaseDirectory.TrimEnd('/');
        var file = Path.Combine(output.Replace($"/{Assembly.GetExecutingAssembly().GetName().Name}/", $"/{project}/", StringComparison.Ordinal), project + ".dll");
        return File.Exists(file)
            ? file
            : throw new InvalidOperationException($"{file} is not there: build the solution in this configuration.");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
