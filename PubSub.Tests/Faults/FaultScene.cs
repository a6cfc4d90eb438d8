using System.Diagnostics;
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

    /// <summary>The negative control: a small crowd with this flaw goes through the same harm, in rooms of its own.</summary>
    public Flaw Control { get; init; }

    public CrowdSize ControlSize { get; init; } = CrowdSize.OfControl;

    /// <summary>Puts wires between the processes that can be cut.</summary>
    public NetworkCut? Cut { get; init; }
}

/// <summary>
/// A whole cluster of processes with clients and publishers, to which a test does harm. <see cref="EndAsync"/> lets it
/// come to rest and asks the oracle.
/// </summary>
internal sealed class FaultScene : IAsyncDisposable
{
    private readonly ITestOutputHelper _output;
    private readonly Crowd _crowd;
    private readonly Crowd? _control;
    private readonly Flaw _flaw;
    private long _publishingSince;
    private TimeSpan _calm;
    private int _acceptedInCalm;

    private FaultScene(TestCluster cluster, FaultSetting setting, ITestOutputHelper output)
    {
        Cluster = cluster;
        Size = FaultSize.Current;
        _output = output;
        _flaw = setting.Control;
        var rooms = setting.Rooms ?? Size.Rooms;
        // A room takes a hundred users unless it says otherwise.
        _crowd = new Crowd(cluster, "room", new CrowdSize(Math.Min(Size.Clients, 100 * rooms), rooms, Size.Publishers, Size.PushesPerSecond), Flaw.None);
        if (_flaw is not Flaw.None)
            _control = new Crowd(cluster, "control", setting.ControlSize, _flaw);
    }

    public TestCluster Cluster { get; }

    public FaultSize Size { get; }

    public DeliveryOracle Oracle => _crowd.Oracle;

    public IReadOnlyList<FaultClient> Clients => _crowd.Clients;

    public IReadOnlyList<string> Rooms => _crowd.Rooms;

    /// <summary>The crowd with the flaw.</summary>
    public Crowd Control => _control ?? throw new InvalidOperationException("The setting names no flaw for a control.");

    /// <summary>How long clients were away; known at the end.</summary>
    public Returns Returns { get; private set; } = new([]);

    /// <summary>What the oracle found with the control; known at the end.</summary>
    public Verdict ControlVerdict { get; private set; } = new();

    public int Refused => _crowd.Refused;

    /// <summary>Pushes accepted per second outside of harm and its repair.</summary>
    public double CalmRate => _acceptedInCalm / _calm.TotalSeconds;

    public static async Task<FaultScene> StartAsync(ITestOutputHelper output, FaultSetting? setting = null)
    {
        setting ??= new FaultSetting();
        var cluster = await TestCluster.StartAsync(
            setting.Processes, redis: new RedisProcessOptions { AppendOnly = setting.RedisKeepsItsData }, cut: setting.Cut);
        var scene = new FaultScene(cluster, setting, output);
        try
        {
            foreach (var crowd in scene.Crowds())
                await crowd.StartClientsAsync();
            scene._publishingSince = Stopwatch.GetTimestamp();
            foreach (var crowd in scene.Crowds())
                crowd.StartPublishers();
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
            await PublishCalmlyAsync();
            await harm(fault);
        }

        await PublishCalmlyAsync();
    }

    /// <summary>Kills one after the other and starts it again: nothing is missing, nobody lost its position, and pushes go on in between.</summary>
    public async Task KillInTurnAsync(string what, List<ServiceProcess> victims)
    {
        await RepeatAsync(fault => victims[fault % victims.Count].RestartAsync());

        (await EndAsync(what, Size.Faults)).AssertNothingIsMissing();
        Assert.Equal(0, Clients.Sum(client => client.NotRecovered));
        Assert.True(CalmRate > Size.LeastPerSecond, $"Only {CalmRate:0} pushes/s between the faults.");
    }

    /// <summary>Goes on publishing for a while; fails if nothing at all is accepted any more afterwards.</summary>
    public async Task PublishAsync(TimeSpan duration)
    {
        await Task.Delay(duration);
        await AcceptAnotherAsync();
    }

    /// <summary>Returns when one more push is accepted.</summary>
    public Task AcceptAnotherAsync()
    {
        var before = Oracle.AcceptedCount;
        return Wait.UntilAsync(() => Oracle.AcceptedCount > before, "another push to be accepted", TimeSpan.FromSeconds(60));
    }

    /// <summary>Stops publishing, waits until everybody has what is owed, and says what the oracle found.</summary>
    public async Task<Verdict> EndAsync(string what, int faults)
    {
        await Task.WhenAll(Crowds().Select(crowd => crowd.StopPublishersAsync()));
        var perSecond = Oracle.AcceptedCount / Stopwatch.GetElapsedTime(_publishingSince).TotalSeconds;
        var verdict = await _crowd.JudgeAsync();
        Returns = new Returns(Clients.SelectMany(client => client.Absences));
        _output.WriteLine($"{what}: {faults} faults; {verdict}; {perSecond:0} accepted/s; {Refused} refused; {Returns}");
        if (_control is not null)
        {
            ControlVerdict = await _control.JudgeAsync();
            _output.WriteLine($"control, {_flaw}: {ControlVerdict.Summary}");
        }

        return verdict;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var crowd in Crowds())
            await crowd.DisposeAsync();
        await Cluster.DisposeAsync();
    }

    private async Task PublishCalmlyAsync()
    {
        var (started, before) = (Stopwatch.GetTimestamp(), Oracle.AcceptedCount);
        await PublishAsync(Size.Interval);
        _calm += Stopwatch.GetElapsedTime(started);
        _acceptedInCalm += Oracle.AcceptedCount - before;
    }

    private IEnumerable<Crowd> Crowds() => _control is null ? [_crowd] : [_crowd, _control];
}
