using System.Diagnostics;
using PubSub.Client.Publishing;
using PubSub.Tests.Faults.Oracle;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Infrastructure.Network;
using Xunit.Abstractions;

namespace PubSub.Tests.Faults;

/// <summary>What a test wants otherwise than usual.</summary>
internal sealed record FaultSetting
{
    public TestClusterSize? Processes { get; init; }

    public int? Rooms { get; init; }

    public bool RedisKeepsItsData { get; init; } = true;

    /// <summary>For negative controls: clients that come back without their positions.</summary>
    public bool ForgetfulClients { get; init; }

    /// <summary>Puts wires between the processes that can be cut.</summary>
    public NetworkCut? Cut { get; init; }
}

/// <summary>
/// A whole cluster of processes with clients and publishers, to which a test does harm. <see cref="EndAsync"/> lets it
/// come to rest and asks the oracle.
/// </summary>
internal sealed class FaultScene : IAsyncDisposable
{
    private readonly List<FaultClient> _clients = [];
    private readonly List<NumberingPublisher> _publishers = [];
    private readonly FaultSetting _setting;
    private readonly ITestOutputHelper _output;
    private readonly PushPublisher _push;
    private int _lastNode;
    private long _publishingSince;

    private FaultScene(TestCluster cluster, FaultSetting setting, ITestOutputHelper output)
    {
        Cluster = cluster;
        Size = FaultSize.Current;
        _setting = setting;
        _output = output;
        _push = new PushPublisher(cluster.PushPorts.Select(port => new Uri($"http://127.0.0.1:{port}")));
    }

    public TestCluster Cluster { get; }

    public FaultSize Size { get; }

    public DeliveryOracle Oracle { get; } = new();

    public IReadOnlyList<FaultClient> Clients => _clients;

    /// <summary>How long clients were away; known at the end.</summary>
    public Returns Returns { get; private set; } = new([]);

    public int Refused => _publishers.Sum(publisher => publisher.Refused);

    public static async Task<FaultScene> StartAsync(ITestOutputHelper output, FaultSetting? setting = null)
    {
        setting ??= new FaultSetting();
        var cluster = await TestCluster.StartAsync(
            setting.Processes, redis: new RedisProcessOptions { AppendOnly = setting.RedisKeepsItsData }, cut: setting.Cut);
        var scene = new FaultScene(cluster, setting, output);
        try
        {
            await scene.StartClientsAsync();
            scene.StartPublishers();
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    /// <summary>Does harm as often as the size says, with time in between to go on working.</summary>
    public async Task RepeatAsync(Func<int, Task> harm)
    {
        for (var fault = 0; fault < Size.Faults; fault++)
        {
            await PublishAsync(Size.Interval);
            await harm(fault);
        }

        await PublishAsync(Size.Interval);
    }

    /// <summary>Goes on publishing for a while; fails if nothing at all is accepted any more afterwards.</summary>
    public async Task PublishAsync(TimeSpan duration)
    {
        await Task.Delay(duration);
        var before = Oracle.AcceptedCount;
        await Wait.UntilAsync(() => Oracle.AcceptedCount > before, "another push to be accepted", TimeSpan.FromSeconds(60));
    }

    /// <summary>Stops publishing, waits until everybody has what is owed, and says what the oracle found.</summary>
    public async Task<Verdict> EndAsync(string what, int faults)
    {
        await Task.WhenAll(_publishers.Select(publisher => publisher.StopAsync()));
        var perSecond = Oracle.AcceptedCount / Stopwatch.GetElapsedTime(_publishingSince).TotalSeconds;
        try
        {
            await Wait.UntilAsync(() => Oracle.EverybodyIsAtTheEnd(), "everybody to have the last message", TimeSpan.FromSeconds(60));
        }
        catch (TimeoutException)
        {
            // The verdict says what is missing.
        }

        await Task.WhenAll(_clients.Select(client => client.StopAsync()));
        Returns = new Returns(_clients.SelectMany(client => client.Absences));
        var verdict = Oracle.Check();
        _output.WriteLine($"{what}: {faults} faults; {verdict}; {perSecond:0} accepted/s; {Refused} refused; {Returns}");
        _clients.Clear();
        _publishers.Clear();
        return verdict;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var publisher in _publishers)
            await publisher.StopAsync();
        foreach (var client in _clients)
            await client.StopAsync();
        _push.Dispose();
        await Cluster.DisposeAsync();
    }

    private async Task StartClientsAsync()
    {
        // A room takes a hundred users unless it says otherwise.
        for (var i = 0; i < Math.Min(Size.Clients, 100 * Rooms); i++)
        {
            var client = new FaultClient($"user-{i}", Room(i % Rooms), Oracle.Listen($"user-{i}"), NextNode, _setting.ForgetfulClients);
            _clients.Add(client);
            client.Start();
        }

        await Wait.ForAsync(Task.WhenAll(_clients.Select(client => client.Joined)), "all clients to be in their rooms", TimeSpan.FromSeconds(120));
    }

    private void StartPublishers()
    {
        _publishingSince = Stopwatch.GetTimestamp();
        var rooms = Enumerable.Range(0, Rooms).Select(Room).ToList();
        for (var i = 0; i < Size.Publishers; i++)
        {
            // Each begins at another room, and all of them write to all rooms.
            var turned = rooms.Skip(i).Concat(rooms.Take(i)).ToList();
            var publisher = new NumberingPublisher($"publisher-{i}", _push, turned, Oracle, (double)Size.PushesPerSecond / Size.Publishers);
            _publishers.Add(publisher);
            publisher.Start();
        }
    }

    private int Rooms => _setting.Rooms ?? Size.Rooms;

    private Uri NextNode() => Cluster.NodeUri(Interlocked.Increment(ref _lastNode) % Cluster.NodeHttpPorts.Count);

    public static string Room(int number) => $"room-{number}";
}
