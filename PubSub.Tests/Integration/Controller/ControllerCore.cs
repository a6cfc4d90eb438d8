using Microsoft.Extensions.DependencyInjection;
using PubSub.Controller;
using PubSub.Controller.Nodes;
using PubSub.Controller.Redis;
using PubSub.Controller.Rooms;
using PubSub.Controller.Sessions;
using PubSub.Controller.Statistics;
using PubSub.Protocol;
using PubSub.Protocol.Channels;

namespace PubSub.Tests.Integration.Controller;

/// <summary>One controller without its doors: the stores over a Redis, as many of them side by side as a test wants.</summary>
internal sealed class ControllerCore : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    public ControllerCore(string redis, Action<NodeOptions>? setNodes = null, int timeoutMs = 5000)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddMetrics();
        services.AddSingleton(TimeProvider.System);
        services.Configure<RedisOptions>(options => (options.Connection, options.TimeoutMs) = (redis, timeoutMs));
        services.Configure<NodeOptions>(options => setNodes?.Invoke(options));
        services.AddControllerStores();
        services.AddSingleton<RedisStore, DyingRedisStore>();
        _services = services.BuildServiceProvider();
    }

    public DyingRedisStore Redis => (DyingRedisStore)Get<RedisStore>();

    public RoomStore Rooms => Get<RoomStore>();

    public RoomReader RoomReader => Get<RoomReader>();

    public SessionStore Sessions => Get<SessionStore>();

    public NodeStore Nodes => Get<NodeStore>();

    public NodeSweep Sweep => Get<NodeSweep>();

    public StateCheck Check => Get<StateCheck>();

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public Task RegisterAsync(string node, long incarnation = 1) =>
        Nodes.RegisterAsync(new RegisterNodeRequest { NodeId = node, Incarnation = incarnation });

    public Task<IReadOnlyList<ChangeOutcome>> ApplyAsync(string node, long incarnation, params SessionChange[] changes) =>
        Get<SessionChanges>().ApplyAsync(node, incarnation, changes, CancellationToken.None);

    public async Task<Begun> OnlineAsync(string node, string user, string session, params string[] rooms) =>
        (await ApplyAsync(node, 0, Change.Online(user, session, rooms)))[0].Begun!;

    public Task<UserNodes> UserAsync(string user) => Get<UserReader>().DescribeAsync(user);

    public async Task<string[]> NodesOfAsync(string channel)
    {
        Assert.True(ChannelId.TryParse(channel, out var id, out var complaint), complaint);
        var resolved = await Get<PubSub.Controller.Nodes.ChannelNodes>().ResolveAsync([id]);
        return [.. resolved[0].Nodes.Select(node => $"{node.NodeId}/{node.Incarnation}")];
    }

    public Task<StatisticsSnapshot> StatisticsAsync() => Get<StatisticsReader>().ReadAsync();

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}

internal static class Change
{
    public static SessionChange Online(string user, string session, params string[] rooms)
    {
        var online = new SessionOnline { UserId = user, UserName = "Name of " + user, SessionId = session };
        online.RoomIds.AddRange(rooms);
        return new SessionChange { Online = online };
    }

    public static SessionChange Offline(string user, string session) =>
        new() { Offline = new SessionOffline { UserId = user, SessionId = session } };

    public static SessionChange Join(string user, string session, string room) =>
        new() { Join = new SessionJoin { UserId = user, SessionId = session, RoomId = room } };

    public static SessionChange Leave(string user, string session, string room) =>
        new() { Leave = new SessionLeave { UserId = user, SessionId = session, RoomId = room } };
}
