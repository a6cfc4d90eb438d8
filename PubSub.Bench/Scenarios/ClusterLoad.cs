using PubSub.Bench.Cluster;
using PubSub.Bench.Load;
using PubSub.Bench.Publishing;

namespace PubSub.Bench.Scenarios;

/// <summary>A whole cluster with connections on all its nodes, pushed into by gRPC; what each process spends is told apart.</summary>
internal sealed class ClusterLoad : IAsyncDisposable
{
    public const int MessageSize = 128;

    private const int ConnectsAtOnce = 100;

    private readonly BenchCluster _cluster;
    private readonly ClientPool _pool;
    private readonly LoadRun _run;
    private readonly PushPublisher _publisher;

    private ClusterLoad(BenchCluster cluster, ClientPool pool, PushPublisher publisher, int[] receivers)
    {
        _cluster = cluster;
        _pool = pool;
        _publisher = publisher;
        _run = new LoadRun(pool, publisher, receivers, MessageSize);
    }

    public BenchCluster Cluster => _cluster;

    public ClientPool Pool => _pool;

    public PushPublisher Publisher => _publisher;

    public static async Task<ClusterLoad> StartAsync(
        int nodes, int clients, int streams, PushTarget target, int callers, BenchOptions options, Action<string> log)
    {
        var cluster = await BenchCluster.StartAsync(nodes, options.Settings, log);
        var pool = new ClientPool(target == PushTarget.Room ? Dialect.Rooms : Dialect.Users);
        var plans = Measurement.Plans(clients, streams);
        try
        {
            log($"connecting {clients} to {nodes} node{(nodes == 1 ? "" : "s")}");
            await pool.ConnectAsync(plans, plan => cluster.Nodes[plan.Index % nodes].Door, ConnectsAtOnce, log);
        }
        catch
        {
            pool.Dispose();
            await cluster.DisposeAsync();
            throw;
        }

        // A broadcast has one stream, whoever its receivers are.
        var receivers = target == PushTarget.All ? [clients] : Measurement.Receivers(plans, streams);
        return new ClusterLoad(cluster, pool, new PushPublisher(cluster.PushPort, target, callers), receivers);
    }

    /// <summary>Drives the load and adds, to the outcome, what each process spent.</summary>
    public async Task<(Outcome Outcome, Spending Spent)> MeasureAsync(Func<LoadRun, Task> drive)
    {
        var before = Now();
        var opened = _pool.Deliveries.Opened;
        _publisher.NewPhase();
        var outcome = await Measurement.RunAsync(_pool, _run, Total, drive);
        var spent = new Spending(_cluster.Processes, before, Now(), outcome, _pool.Deliveries.Opened - opened);
        if (_publisher.Refused > 0)
            throw new InvalidOperationException($"{_publisher.Refused} pushes were refused: {_publisher.LastComplaint}");
        return (outcome, spent);
    }

    public async ValueTask DisposeAsync()
    {
        _pool.Dispose();
        await _publisher.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    private Dictionary<string, ProcessFigures> Now() =>
        _cluster.Processes.ToDictionary(static process => process.Name, static process => ProcessFigures.Read(process.Id));

    private ProcessFigures Total()
    {
        var all = Now().Values;
        return new ProcessFigures(TimeSpan.FromTicks(all.Sum(static figures => figures.Cpu.Ticks)), all.Sum(static figures => figures.Resident));
    }
}
