using System.Net;
using PubSub.Bench.Cluster;
using PubSub.Bench.Load;
using PubSub.Bench.Publishing;
using PubSub.Bench.Servers;
using PubSub.Protocol;

namespace PubSub.Bench.Scenarios;

/// <summary>One server of a comparison: how to reach it, how to push into it, and which process pays.</summary>
internal sealed class Side(string name, Dialect dialect, int processId, IPEndPoint door, IPublisher publisher, Func<ValueTask> stop) : IAsyncDisposable
{
    public string Name => name;

    public Dialect Dialect => dialect;

    public IPEndPoint Door => door;

    public IPublisher Publisher => publisher;

    public ProcessFigures Figures => ProcessFigures.Read(processId);

    /// <summary>The processes that stand behind a node; none behind the baselines.</summary>
    public IReadOnlyList<Backing> Behind { get; private init; } = [];

    /// <summary>Where a node tells its metrics; 0: it has none.</summary>
    public int MetricsPort { get; private init; }

    public static async Task<Side> SignalRAsync()
    {
        var server = await ServerProcess.StartAsync(SignalRServer.Command, serverGc: true);
        var publisher = await SocketPublisher.SignalRAsync(server.Port);
        return Baseline("SignalR", Dialect.SignalR, server, publisher);
    }

    public static async Task<Side> PlainAsync()
    {
        var server = await ServerProcess.StartAsync(PlainServer.Command);
        var publisher = await SocketPublisher.PlainAsync(server.Port);
        return Baseline("plain loop", Dialect.Plain, server, publisher);
    }

    /// <summary>A real node with all that belongs to it; the bench plays its push manager.</summary>
    public static async Task<Side> NodeAsync(
        BenchOptions options, Action<string> log, bool toUsers = false, string name = "node",
        SlowReaderPolicy slowReaders = SlowReaderPolicy.Unspecified, int keys = 0)
    {
        var cluster = await BenchCluster.StartAsync(1, options.Settings, log);
        var publisher = new LinkPublisher(cluster.Nodes[0].Grpc, toUsers ? LinkPublisher.User : LinkPublisher.Room, slowReaders, keys);
        return new Side(name, toUsers ? Dialect.Users : Dialect.Rooms, cluster.Node(0).Id, cluster.Nodes[0].Door, publisher, cluster.DisposeAsync)
        {
            MetricsPort = cluster.Nodes[0].Metrics,
            Behind = [.. cluster.Processes.Where(process => process != cluster.Node(0))],
        };
    }

    public async ValueTask DisposeAsync()
    {
        await publisher.DisposeAsync();
        await stop();
    }

    private static Side Baseline(string name, Dialect dialect, ServerProcess server, IPublisher publisher) => new(
        name, dialect, server.Process.Id, new IPEndPoint(IPAddress.Loopback, server.Port), publisher,
        () =>
        {
            server.Dispose();
            return ValueTask.CompletedTask;
        });
}
