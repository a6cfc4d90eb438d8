using System.Diagnostics.Metrics;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using PubSub.ConnectNode.Upstream;
using PubSub.Membership;
using PubSub.Membership.Peers;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Uplinks;

public sealed class ControllersLearnOfSessions : IAsyncLifetime, ISessionRoster
{
    private readonly RecordingController _first = new();
    private readonly RecordingController _second = new();
    private readonly Dictionary<string, SessionOnline> _roster = [];
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private GrpcHost<RecordingController> _firstHost = null!;
    private GrpcHost<RecordingController> _secondHost = null!;
    private PeerTable<ControllerService.ControllerServiceClient> _peers = null!;
    private ControllerUplink _uplink = null!;

    public async Task InitializeAsync()
    {
        _firstHost = await new GrpcHost<RecordingController>(_first).StartAsync();
        _secondHost = await new GrpcHost<RecordingController>(_second).StartAsync();
        var membership = new MemoryMembership(ServiceKind.Controller);
        membership.Join("controller-1", "127.0.0.1", _firstHost.Port);
        membership.Join("controller-2", "127.0.0.1", _secondHost.Port);
        _peers = new PeerTable<ControllerService.ControllerServiceClient>(
            [], membership, invoker => new ControllerService.ControllerServiceClient(invoker), NullLoggerFactory.Instance);
        _uplink = new ControllerUplink(
            _peers, this, Options.Create(new UpstreamOptions { ControllerTimeoutMs = 1000 }),
            new UplinkMetrics(_services.GetRequiredService<IMeterFactory>()), TimeProvider.System, NullLogger<ControllerUplink>.Instance);
    }

    public async Task DisposeAsync()
    {
        _first.OpenGate();
        await _uplink.DisposeAsync();
        await _peers.DisposeAsync();
        await _firstHost.DisposeAsync();
        await _secondHost.DisposeAsync();
        await _services.DisposeAsync();
    }

    public int Count => Snapshot().Count;

    public IReadOnlyList<SessionOnline> Snapshot()
    {
        lock (_roster)
            return [.. _roster.Values];
    }

    [Fact]
    public async Task Changes_arrive_in_order()
    {
        await RegisterAsync();

        await Wait.ForAsync(
            Task.WhenAll(Enumerable.Range(0, 2000).Select(i => ApplyAsync(Online($"s{i}")))), "2000 changes to be told");

        Assert.Equal(Enumerable.Range(0, 2000).Select(i => $"s{i}"), _first.Changes.Select(change => change.Online.SessionId));
        Assert.False(_uplink.IsBehind);
    }

    [Fact]
    public async Task The_node_is_ready_when_a_controller_knows_it_and_stays_so_while_changes_wait()
    {
        var check = new PresenceCheck(_uplink);
        Assert.Equal(HealthStatus.Unhealthy, (await check.CheckHealthAsync(new HealthCheckContext())).Status);

        await RegisterAsync();
        Assert.Equal(HealthStatus.Healthy, (await check.CheckHealthAsync(new HealthCheckContext())).Status);

        await _firstHost.KillAsync();
        await _secondHost.KillAsync();
        await ApplyAsync(Online("s1"));
        Assert.Equal(HealthStatus.Degraded, (await check.CheckHealthAsync(new HealthCheckContext())).Status);
    }

    [Fact]
    public async Task Another_controller_takes_over_where_one_does_not_answer()
    {
        await RegisterAsync();
        await _firstHost.KillAsync();

        var outcome = await ApplyAsync(Online("s1"));

        Assert.Equal((int)StatusCode.OK, outcome.Code);
        Assert.Contains("s1", _second.Online.Keys);
    }

    [Fact]
    public async Task With_all_controllers_away_the_answer_is_UNAVAILABLE_and_an_announcement_is_due()
    {
        await RegisterAsync();
        await _firstHost.KillAsync();
        await _secondHost.KillAsync();
        var online = Join(Online("s1"));

        var outcome = await ApplyAsync(online);

        Assert.Equal((int)StatusCode.Unavailable, outcome.Code);
        Assert.True(_uplink.IsBehind);

        await _firstHost.StartAsync();
        // As NodePresence does: again until it went through, because the connection may still be in its back-off.
        await Wait.UntilAsync(() => _uplink.AnnounceAsync(CancellationToken.None), "the announcement");
        Assert.Equal(["s1"], _first.Online.Keys);
        Assert.False(_uplink.IsBehind);
    }

    [Fact]
    public async Task An_announcement_cannot_bring_back_who_has_said_goodbye()
    {
        await RegisterAsync();
        await ApplyAsync(Join(Online("stays")));
        await ApplyAsync(Join(Online("goes")));
        _first.CloseGate();
        var blocker = ApplyAsync(Join(Online("blocker")));
        await Wait.ForAsync(_first.AtGate.Task, "a call to be under way");

        // The announcement is asked for while "goes" is here, and has its turn after it left.
        var announced = _uplink.AnnounceAsync(CancellationToken.None);
        lock (_roster)
            _roster.Remove("goes");
        _uplink.Post(Offline("goes"));
        _first.OpenGate();

        Assert.True(await Wait.ForAsync(announced, "the announcement"));
        await blocker;
        await ApplyAsync(Online("afterwards"));
        Assert.Equal(["afterwards", "blocker", "stays"], _first.Online.Keys.Order());
    }

    [Fact]
    public async Task A_join_that_nobody_confirmed_is_taken_back()
    {
        await RegisterAsync();
        (_first.Answers, _second.Answers) = (false, false);

        var outcome = await ApplyAsync(new SessionChange
        {
            Join = new SessionJoin { SessionId = "s1", UserId = "u1", RoomId = "r1" },
        });
        (_first.Answers, _second.Answers) = (true, true);

        Assert.Equal((int)StatusCode.Unavailable, outcome.Code);
        await Wait.UntilAsync(
            () => _first.Changes.Concat(_second.Changes).Any(change => change.Leave is { SessionId: "s1", RoomId: "r1" }),
            "the leave that takes the join back");
    }

    [Fact]
    public async Task Before_the_node_is_registered_nothing_is_told()
    {
        var outcome = await ApplyAsync(Online("s1"));

        Assert.Equal((int)StatusCode.Unavailable, outcome.Code);
        Assert.Empty(_first.Changes);
    }

    private async Task RegisterAsync() =>
        Assert.Equal(
            TimeSpan.FromSeconds(7),
            await _uplink.RegisterAsync(new RegisterNodeRequest { NodeId = "node-1", Incarnation = 5 }, CancellationToken.None));

    private Task<SessionChangeOutcome> ApplyAsync(SessionChange change) =>
        Wait.ForAsync(_uplink.ApplyAsync(change, CancellationToken.None), "a change to be told");

    private SessionChange Join(SessionChange online)
    {
        lock (_roster)
            _roster[online.Online.SessionId] = online.Online;
        return online;
    }

    private static SessionChange Online(string sessionId) =>
        new() { Online = new SessionOnline { SessionId = sessionId, UserId = "user-" + sessionId } };

    private static SessionChange Offline(string sessionId) =>
        new() { Offline = new SessionOffline { SessionId = sessionId, UserId = "user-" + sessionId } };
}
