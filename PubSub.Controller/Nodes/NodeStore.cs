using System.Globalization;
using System.Security.Cryptography;
using PubSub.Controller.Redis;
using PubSub.Protocol;
using StackExchange.Redis;

namespace PubSub.Controller.Nodes;

/// <summary>The registered nodes, their heartbeats, and the list of what each has announced.</summary>
internal sealed class NodeStore(RedisStore redis, TimeProvider time)
{
    private static readonly StoreScript RegisterScript = StoreScript.Load("node_register");
    private static readonly StoreScript HeartbeatScript = StoreScript.Load("node_heartbeat");
    private static readonly StoreScript EndScript = StoreScript.Load("nodes_end");

    /// <summary>True when this starts a new stay of the node, false when the present one was confirmed.</summary>
    public async Task<bool> RegisterAsync(RegisterNodeRequest node)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var incarnation = node.Incarnation == 0 ? now : node.Incarnation;
        var registration = new NodeRegistration(
            node.NodeId, Text(incarnation), RandomNumberGenerator.GetHexString(8, lowercase: true), node.Address,
            node.GrpcPort, node.HttpPort, now);
        var answer = (RedisResult[])(await redis.RunAsync(
            RegisterScript, [RedisKeys.Nodes, RedisKeys.Heartbeats, RedisKeys.Leaving],
            node.NodeId, Text(node.Incarnation), registration.ToJson()))!;

        var outcome = (string)answer[0]!;
        if (outcome == "stale")
            throw Ended(node.NodeId, node.Incarnation, NodeRegistration.Parse((string)answer[1]!));
        return outcome == "registered";
    }

    public async Task<bool> HeartbeatAsync(string nodeId, long incarnation, long connections) =>
        (int)await redis.RunAsync(
            HeartbeatScript, [RedisKeys.Nodes, RedisKeys.Heartbeats, RedisKeys.Connections],
            nodeId, Text(incarnation), connections) == 1;

    /// <summary>The node's present registration, which has to be of this incarnation; 0 is any.</summary>
    public async Task<NodeRegistration> GetAsync(string nodeId, long incarnation)
    {
        string? json = await redis.AskAsync("node", database => database.HashGetAsync(RedisKeys.Nodes, nodeId));
        if (json is null)
        {
            throw new Refusal(
                RefusalKind.NotFound,
                $"node_id: node '{nodeId}' is not registered. Start it, or register it with RegisterNode, and announce its sessions again.");
        }

        var registration = NodeRegistration.Parse(json);
        return incarnation == 0 || registration.Incarnation == Text(incarnation)
            ? registration
            : throw Ended(nodeId, incarnation, registration);
    }

    public async Task<bool> IsPresentAsync(NodeRegistration registration)
    {
        string? json = await redis.AskAsync("node", database => database.HashGetAsync(RedisKeys.Nodes, registration.NodeId));
        return json is not null && NodeRegistration.Parse(json).Key == registration.Key;
    }

    public async Task<IReadOnlyList<NodeRegistration>> ListAsync()
    {
        var values = await redis.AskAsync("nodes", database => database.HashValuesAsync(RedisKeys.Nodes));
        return [.. values.Select(json => NodeRegistration.Parse(json!)).OrderBy(node => node.NodeId, StringComparer.Ordinal)];
    }

    /// <summary>Ends the stay of a node in this life; a later life of it is not touched.</summary>
    public Task<IReadOnlyList<RegistrationKey>> EndAsync(string nodeId, long incarnation) =>
        EndAsync("", nodeId, Text(incarnation));

    /// <summary>Ends the stay of every node whose last heartbeat is older.</summary>
    public Task<IReadOnlyList<RegistrationKey>> EndSilentAsync(TimeSpan silence) =>
        EndAsync((long)silence.TotalMilliseconds);

    /// <summary>Stays that ended, with the time since, of which something may be left.</summary>
    public async Task<IReadOnlyList<(RegistrationKey Key, TimeSpan Age)>> LeavingAsync()
    {
        var now = await redis.AskAsync("time", database => database.ExecuteAsync("TIME"));
        var entries = await redis.AskAsync("leaving", database => database.HashGetAllAsync(RedisKeys.Leaving));
        var milliseconds = Milliseconds((RedisResult[])now!);
        return [.. entries.Select(entry =>
            (new RegistrationKey(entry.Name!), TimeSpan.FromMilliseconds(milliseconds - (long)entry.Value)))];
    }

    /// <summary>Nothing of the stay is left.</summary>
    public async Task ForgetAsync(RegistrationKey key)
    {
        await redis.AskAsync("forget", database => database.KeyDeleteAsync(RedisKeys.NodeSessions(key.NodeId, key.Text)));
        await redis.AskAsync("forget", database => database.HashDeleteAsync(RedisKeys.Leaving, key.Text));
    }

    public Task NoteSessionsAsync(RegistrationKey key, RedisValue[] sessions) => sessions.Length == 0
        ? Task.CompletedTask
        : redis.AskAsync("note", database => database.SetAddAsync(RedisKeys.NodeSessions(key.NodeId, key.Text), sessions));

    public Task DropSessionsAsync(RegistrationKey key, RedisValue[] sessions) => sessions.Length == 0
        ? Task.CompletedTask
        : redis.AskAsync("drop", database => database.SetRemoveAsync(RedisKeys.NodeSessions(key.NodeId, key.Text), sessions));

    public Task<RedisValue[]> SessionsAsync(RegistrationKey key) =>
        redis.AskAsync("sessions", database => database.SetMembersAsync(RedisKeys.NodeSessions(key.NodeId, key.Text)));

    public Task<long> CountSessionsAsync(RegistrationKey key) =>
        redis.AskAsync("count", database => database.SetLengthAsync(RedisKeys.NodeSessions(key.NodeId, key.Text)));

    public async Task<long> CountConnectionsAsync() =>
        (await redis.AskAsync("count", database => database.HashValuesAsync(RedisKeys.Connections))).Sum(count => (long)count);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static long Milliseconds(RedisResult[] now) => ((long)now[0] * 1000) + ((long)now[1] / 1000);

    private static Refusal Ended(string nodeId, long incarnation, NodeRegistration present) => new(
        RefusalKind.Ended,
        $"incarnation: {incarnation} of node '{nodeId}' is over, {present.Incarnation} is registered now. A node in a later life registers with RegisterNode; a tool leaves the incarnation at 0.");

    private async Task<IReadOnlyList<RegistrationKey>> EndAsync(params RedisValue[] arguments)
    {
        var ended = await redis.RunAsync(
            EndScript, [RedisKeys.Nodes, RedisKeys.Heartbeats, RedisKeys.Leaving, RedisKeys.Connections], arguments);
        return [.. ((string[])ended!).Select(key => new RegistrationKey(key))];
    }
}
