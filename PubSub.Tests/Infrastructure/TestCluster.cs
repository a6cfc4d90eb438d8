using System.Globalization;
using Grpc.Core;
using Grpc.Net.Client;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure.Network;

namespace PubSub.Tests.Infrastructure;

/// <summary>How many of each process a <see cref="TestCluster"/> starts.</summary>
internal sealed record TestClusterSize(int Nodes = 3, int PushManagers = 2, int Controllers = 2);

/// <summary>The whole system as real processes on free ports, over a Redis and an etcd of its own.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly List<GrpcChannel> _channels = [];
    private readonly Dictionary<string, string> _shared;
    private readonly string _controllerAddresses;
    private readonly ClusterWires? _wires;

    private TestCluster(RedisProcess redis, EtcdProcess etcd, IReadOnlyDictionary<string, string>? settings, int controllers, ClusterWires? wires)
    {
        Redis = redis;
        Etcd = etcd;
        _wires = wires;
        ControllerPorts = [.. Enumerable.Range(0, controllers).Select(_ => FreePort.Next())];
        _controllerAddresses = string.Join(',', ControllerPorts.Select(port => $"127.0.0.1:{Reachable(port)}"));
        _shared = new Dictionary<string, string>(settings ?? new Dictionary<string, string>())
        {
            ["REDIS_CONNECTION"] = $"127.0.0.1:{Reachable(redis.Port)}",
            ["ETCD_ENDPOINTS"] = $"http://127.0.0.1:{Reachable(etcd.Port)}",
            ["ADVERTISED_ADDRESS"] = "127.0.0.1",
        };
    }

    public RedisProcess Redis { get; }

    public EtcdProcess Etcd { get; }

    public IReadOnlyList<int> ControllerPorts { get; }

    public List<ServiceProcess> Controllers { get; } = [];

    public List<ServiceProcess> PushManagers { get; } = [];

    public List<ServiceProcess> Nodes { get; } = [];

    public List<int> PushPorts { get; } = [];

    public List<int> PushHttpPorts { get; } = [];

    public List<int> NodeHttpPorts { get; } = [];

    public List<int> NodeGrpcPorts { get; } = [];

    public static async Task<TestCluster> StartAsync(
        TestClusterSize? size = null, IReadOnlyDictionary<string, string>? settings = null, RedisProcessOptions? redis = null,
        NetworkCut? cut = null)
    {
        size ??= new TestClusterSize();
        var redisProcess = await RedisProcess.StartAsync(redis);
        var etcd = await EtcdProcess.StartAsync();
        var cluster = new TestCluster(redisProcess, etcd, settings, size.Controllers, cut is null ? null : new ClusterWires(cut));
        try
        {
            await cluster.StartServicesAsync(size);
            return cluster;
        }
        catch (Exception failure)
        {
            var output = cluster.Output();
            await cluster.DisposeAsync();
            throw new InvalidOperationException($"{failure.Message}\n{output}", failure);
        }
    }

    public ControllerService.ControllerServiceClient Controller(int index = 0) =>
        new(Channel(ControllerPorts[index]));

    public PushManagerService.PushManagerServiceClient PushManager(int index = 0) => new(Channel(PushPorts[index]));

    /// <summary>The sessions that the controllers know of a user.</summary>
    public async Task<IReadOnlyList<string>> SessionsOfAsync(string user)
    {
        try
        {
            var nodes = await Controller().GetUserNodeAsync(new GetUserNodeRequest { UserId = user });
            return [.. nodes.Sessions.Select(session => session.SessionId)];
        }
        catch (RpcException offline) when (offline.StatusCode is StatusCode.NotFound)
        {
            return [];
        }
    }

    public Uri NodeUri(int index) => new($"ws://127.0.0.1:{NodeHttpPorts[index]}/ws");

    /// <summary>One more node with settings of its own, behind the others; its index.</summary>
    public async Task<int> AddNodeAsync(string id, params (string Name, string Value)[] settings)
    {
        NodeGrpcPorts.Add(FreePort.Next());
        NodeHttpPorts.Add(FreePort.Next());
        Nodes.Add(await StartNodeAsync(id, NodeGrpcPorts[^1], NodeHttpPorts[^1], settings));
        return Nodes.Count - 1;
    }

    /// <summary>Kills a node and forgets it.</summary>
    public async Task RemoveNodeAsync(int index)
    {
        await Nodes[index].DisposeAsync();
        Nodes.RemoveAt(index);
        NodeGrpcPorts.RemoveAt(index);
        NodeHttpPorts.RemoveAt(index);
    }

    /// <summary>Until every push manager has a stream to exactly so many nodes.</summary>
    public async Task WaitForLinksAsync(int nodes)
    {
        foreach (var manager in PushManagers)
        {
            await Wait.UntilAsync(
                async () => await manager.MetricAsync("push_manager_node_connections") == nodes,
                $"{manager.Name} to link with {nodes} nodes",
                TimeSpan.FromSeconds(60));
        }
    }

    public GrpcChannel Channel(int port)
    {
        var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        _channels.Add(channel);
        return channel;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels)
            channel.Dispose();
        foreach (var service in Nodes.Concat(PushManagers).Concat(Controllers))
            await service.DisposeAsync();
        if (_wires is not null)
            await _wires.DisposeAsync();
        await Etcd.DisposeAsync();
        await Redis.DisposeAsync();
    }

    /// <summary>What every process printed, for the message of a failed test.</summary>
    public string Output() => string.Join(
        "\n", Controllers.Concat(PushManagers).Concat(Nodes).Select(service => $"--- {service.Name}\n{service.Output}"));

    private async Task StartServicesAsync(TestClusterSize size)
    {
        Controllers.AddRange(await Task.WhenAll(ControllerPorts.Select((port, i) => StartAsync(
            "PubSub.Controller", ("CONTROLLER_ID", $"controller-{i + 1}"), ("GRPC_PORT", Text(port))))));

        for (var i = 0; i < size.PushManagers; i++)
        {
            PushPorts.Add(FreePort.Next());
            PushHttpPorts.Add(FreePort.Next());
        }

        PushManagers.AddRange(await Task.WhenAll(PushPorts.Select((port, i) => StartAsync(
            "PubSub.PushManager",
            ("MANAGER_ID", $"push-manager-{i + 1}"), ("GRPC_PORT", Text(port)), ("HTTP_PORT", Text(PushHttpPorts[i])),
            ("CONTROLLER_ADDRESS", _controllerAddresses)))));

        for (var i = 0; i < size.Nodes; i++)
        {
            NodeGrpcPorts.Add(FreePort.Next());
            NodeHttpPorts.Add(FreePort.Next());
        }

        Nodes.AddRange(await Task.WhenAll(NodeGrpcPorts.Select((port, i) => StartNodeAsync($"connect-node-{i + 1}", port, NodeHttpPorts[i]))));
        await WaitForLinksAsync(size.Nodes);
    }

    private Task<ServiceProcess> StartNodeAsync(string id, int grpcPort, int httpPort, params (string, string)[] settings) => StartAsync(
        "PubSub.ConnectNode",
        ("NODE_ID", id),
        [("GRPC_PORT", Text(grpcPort)), ("HTTP_PORT", Text(httpPort)), ("CONTROLLER_ADDRESS", _controllerAddresses), .. settings]);

    private async Task<ServiceProcess> StartAsync(string project, (string, string) id, params (string Name, string Value)[] settings)
    {
        var environment = new Dictionary<string, string>(_shared) { [id.Item1] = id.Item2 };
        foreach (var (name, value) in settings)
            environment[name] = value;

        var grpcPort = int.Parse(environment["GRPC_PORT"], CultureInfo.InvariantCulture);
        if (_wires is not null)
            environment["ADVERTISED_GRPC_PORT"] = Text(_wires.To(grpcPort));
        var service = await ServiceProcess.StartAsync(project, id.Item2, environment);
        _wires?.Belongs(grpcPort, service.ProcessId);
        return service;
    }

    /// <summary>The port under which the processes reach a door: its own, or that of the wire before it.</summary>
    private int Reachable(int port) => _wires?.To(port) ?? port;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
