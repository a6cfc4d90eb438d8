using System.Globalization;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Pushing;

/// <summary>One push manager with its controller and one node, over a Redis, and a room of its own.</summary>
internal sealed class PushScene : IAsyncDisposable
{
    private static int _rooms;

    private readonly RedisProcess _redis;
    private readonly List<FakeNode> _nodes = [];

    private PushScene(RedisProcess redis, FakeController controller, PushManagerHost manager)
    {
        _redis = redis;
        Controller = controller;
        Manager = manager;
    }

    public FakeController Controller { get; }

    public PushManagerHost Manager { get; }

    public static async Task<PushScene> StartAsync(RedisProcess redis, params string[] settings)
    {
        var controller = await FakeController.StartAsync();
        return new PushScene(redis, controller, await PushManagerHost.StartAsync(redis.Endpoint, controller, settings));
    }

    /// <summary>An id that no other test has.</summary>
    public static string NewId(string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{what}-{Environment.ProcessId}-{Interlocked.Increment(ref _rooms)}");

    public async Task<(FakeNode Node, NodeIdentity Identity)> AddNodeAsync(NodeManner manner = NodeManner.Acknowledges)
    {
        var node = await StartNodeAsync(manner);
        return (node, await Manager.LinkAsync(node));
    }

    /// <summary>
    /// A node that nobody knows yet. It ends after the push manager, which would otherwise wait for it at its stop: what
    /// the node took and did not acknowledge is still to be delivered.
    /// </summary>
    public async Task<FakeNode> StartNodeAsync(NodeManner manner = NodeManner.Acknowledges)
    {
        var node = await FakeNode.StartAsync(NewId("node"), manner);
        _nodes.Add(node);
        return node;
    }

    /// <summary>A room as the controller writes it, with these nodes as its subscribers' places.</summary>
    public async Task<string> AddRoomAsync(string log, params NodeIdentity[] nodes)
    {
        var room = NewId("room");
        await SetRoomAsync(room, log);
        Controller.Route($"room:{room}", new LogSettings { Off = log.Contains("\"off\":true", StringComparison.Ordinal) }, nodes);
        return room;
    }

    public Task SetRoomAsync(string room, string log, long createdAt = 17) => _redis.CommandAsync("SET", $"room:{room}",
        $$"""{"room_id":"{{room}}","name":"","max_users":100,"created_at":{{createdAt}},"log":{{log}}}""");

    public Task<PushReply> PushAsync(string room, string text, string messageId = "") =>
        Manager.Push.PushToRoomAsync(new PushToRoomRequest { RoomId = room, Content = new Content { Data = text }, MessageId = messageId }).ResponseAsync;

    public async ValueTask DisposeAsync()
    {
        await Manager.DisposeAsync();
        foreach (var node in _nodes)
            await node.DisposeAsync();
        await Controller.DisposeAsync();
    }
}
