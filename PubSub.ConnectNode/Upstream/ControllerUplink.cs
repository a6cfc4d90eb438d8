using Grpc.Core;
using Microsoft.Extensions.Options;
using PubSub.Membership.Peers;
using PubSub.Protocol;

namespace PubSub.ConnectNode.Upstream;

/// <summary>
/// Tells the controllers what happens to sessions, in order and in batches. All controllers give the same answers, so
/// the one that answered last is asked first.
/// </summary>
/// <remarks>
/// The controllers' picture of this node may fall behind in three ways: none answers for a while, Redis lost its data,
/// or the node's lease ended and its sessions were swept. All end the same way: everybody who is connected is announced
/// again. An announcement travels through the same queue as the changes and is read from the roster when its turn
/// comes, so that it can never bring back a session that has said goodbye before it.
/// </remarks>
internal sealed partial class ControllerUplink : IControllerUplink, IAsyncDisposable
{
    private readonly PeerTable<ControllerService.ControllerServiceClient> _controllers;
    private readonly ISessionRoster _roster;
    private readonly UpstreamOptions _options;
    private readonly UplinkMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Batcher<SessionChange?, SessionChangeOutcome> _changes;
    private NodeIdentity? _node;
    private int _preferred;
    private volatile bool _isBehind;

    public ControllerUplink(
        PeerTable<ControllerService.ControllerServiceClient> controllers, ISessionRoster roster,
        IOptions<UpstreamOptions> options, UplinkMetrics metrics, TimeProvider time, ILogger<ControllerUplink> logger)
    {
        _controllers = controllers;
        _roster = roster;
        _options = options.Value;
        _metrics = metrics;
        _time = time;
        _logger = logger;
        _changes = new Batcher<SessionChange?, SessionChangeOutcome>(_options.Queue, _options.Batch, TellAsync, Failed);
    }

    /// <summary>A controller has met this node.</summary>
    public bool IsRegistered => Volatile.Read(ref _node) is not null;

    /// <summary>True when something could not be told: an announcement is due.</summary>
    public bool IsBehind => _isBehind;

    public async Task<SessionChangeOutcome> ApplyAsync(SessionChange change, CancellationToken cancellationToken)
    {
        if (_changes.TrySubmit(change) is not { } told)
        {
            _isBehind = true;
            return Outcome(StatusCode.ResourceExhausted, "too many changes wait for the controllers. Try again later.");
        }

        var outcome = await told.WaitAsync(cancellationToken);

        // A join that nobody confirmed may have happened: the client is told no, so it must not be a member.
        if (outcome.Code == (int)StatusCode.Unavailable && change.Join is { } join)
            Post(Leave(join));
        return outcome;
    }

    public void Post(SessionChange change)
    {
        if (_changes.TrySubmit(change) is null)
            _isBehind = true;
    }

    public Task<RoomInfo> GetRoomInfoAsync(string roomId, int maxMembers, CancellationToken cancellationToken) =>
        AskAsync(
            "GetRoomInfo",
            (controller, options) => controller.GetRoomInfoAsync(
                new GetRoomInfoRequest { RoomId = roomId, MaxMembers = maxMembers }, options).ResponseAsync,
            cancellationToken);

    /// <summary>Registers the node in this life, and announces everybody who is connected.</summary>
    public async Task<TimeSpan> RegisterAsync(RegisterNodeRequest registration, CancellationToken cancellationToken)
    {
        var reply = await AskAsync(
            "RegisterNode",
            (controller, options) => controller.RegisterNodeAsync(registration, options).ResponseAsync,
            cancellationToken);
        Volatile.Write(ref _node, new NodeIdentity { NodeId = registration.NodeId, Incarnation = registration.Incarnation });
        return TimeSpan.FromSeconds(reply.HeartbeatSeconds);
    }

    public Task<NodeHeartbeatReply> HeartbeatAsync(NodeHeartbeatRequest heartbeat, CancellationToken cancellationToken) =>
        AskAsync(
            "NodeHeartbeat",
            (controller, options) => controller.NodeHeartbeatAsync(heartbeat, options).ResponseAsync,
            cancellationToken);

    /// <summary>Tells the controllers everybody who is connected. False: not all of it went through.</summary>
    public async Task<bool> AnnounceAsync(CancellationToken cancellationToken)
    {
        _isBehind = false;
        if (_changes.TrySubmit(null) is not { } announced)
        {
            _isBehind = true;
            return false;
        }

        var outcome = await announced.WaitAsync(cancellationToken);
        return outcome.Code == (int)StatusCode.OK;
    }

    public ValueTask DisposeAsync() => _changes.DisposeAsync();

    /// <summary>One batch in order; null stands for an announcement of all sessions.</summary>
    private async Task<IReadOnlyList<SessionChangeOutcome>> TellAsync(IReadOnlyList<SessionChange?> changes)
    {
        var outcomes = new List<SessionChangeOutcome>(changes.Count);
        var run = new List<SessionChange>(changes.Count);
        foreach (var change in changes)
        {
            if (change is not null)
            {
                run.Add(change);
                continue;
            }

            outcomes.AddRange(await TellRunAsync(run));
            run.Clear();
            outcomes.Add(await TellRosterAsync());
        }

        outcomes.AddRange(await TellRunAsync(run));
        return outcomes;
    }

    private async Task<SessionChangeOutcome> TellRosterAsync()
    {
        var everybody = _roster.Snapshot();
        var refused = 0;
        foreach (var chunk in everybody.Select(online => new SessionChange { Online = online }).Chunk(_options.Batch))
        {
            var outcomes = await TellRunAsync(chunk);
            if (outcomes.FirstOrDefault(outcome => outcome.Code == (int)StatusCode.Unavailable) is { } away)
                return away;
            refused += outcomes.Count(outcome => outcome.Code != (int)StatusCode.OK);
        }

        LogAnnounced(everybody.Count, refused);
        return new SessionChangeOutcome();
    }

    private async Task<IReadOnlyList<SessionChangeOutcome>> TellRunAsync(IReadOnlyList<SessionChange> changes)
    {
        if (changes.Count == 0)
            return [];
        if (Volatile.Read(ref _node) is not { } node)
            return Everywhere(changes.Count, "this node is not registered with a controller yet. Try again later.");

        var request = new UpdateSessionsRequest { Node = node };
        request.Changes.AddRange(changes);
        try
        {
            var reply = await AskAsync(
                "UpdateSessions",
                (controller, options) => controller.UpdateSessionsAsync(request, options).ResponseAsync,
                CancellationToken.None);
            _metrics.Batched("controller", changes.Count);
            return reply.Outcomes;
        }
        catch (RpcException failure)
        {
            LogNotTold(changes.Count, failure.Status.Detail);
            return Everywhere(changes.Count, "no controller takes changes now. Try again later.");
        }
    }

    private SessionChangeOutcome[] Everywhere(int count, string why)
    {
        _isBehind = true;
        return [.. Enumerable.Range(0, count).Select(_ => Outcome(StatusCode.Unavailable, why))];
    }

    /// <summary>Asks the preferred controller, then each other one, where the trouble is the controller's own.</summary>
    private async Task<TReply> AskAsync<TReply>(
        string method, Func<ControllerService.ControllerServiceClient, CallOptions, Task<TReply>> ask, CancellationToken cancellationToken)
    {
        var controllers = _controllers.Current;
        var first = Volatile.Read(ref _preferred);
        for (var attempt = 0; attempt < controllers.Length; attempt++)
        {
            var index = (first + attempt) % controllers.Length;
            var deadline = _time.GetUtcNow().UtcDateTime.AddMilliseconds(_options.ControllerTimeoutMs);
            try
            {
                var reply = await ask(controllers[index].Client, new CallOptions(deadline: deadline, cancellationToken: cancellationToken));
                Volatile.Write(ref _preferred, index);
                _metrics.Called("controller", method, StatusCode.OK);
                return reply;
            }
            catch (RpcException failure) when (!cancellationToken.IsCancellationRequested)
            {
                _metrics.Called("controller", method, failure.StatusCode);
                if (!IsPeersTrouble(failure.StatusCode))
                    throw;
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        throw new RpcException(new Status(StatusCode.Unavailable, "no controller answers"));
    }

    private static bool IsPeersTrouble(StatusCode status) =>
        status is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Cancelled or StatusCode.Internal or StatusCode.Unknown;

    private SessionChangeOutcome Failed(Exception failure)
    {
        LogTellFailed(failure);
        _isBehind = true;
        return Outcome(StatusCode.Unavailable, "the change could not be told to a controller. Try again later.");
    }

    private static SessionChange Leave(SessionJoin join) => new()
    {
        Leave = new SessionLeave { SessionId = join.SessionId, UserId = join.UserId, RoomId = join.RoomId },
    };

    private static SessionChangeOutcome Outcome(StatusCode code, string error) => new() { Code = (int)code, Error = error };

    [LoggerMessage(2501, LogLevel.Information, "Announced {Sessions} sessions to the controllers ({Refused} refused)")]
    private partial void LogAnnounced(int sessions, int refused);

    [LoggerMessage(2502, LogLevel.Warning, "{Changes} changes could not be told to a controller: {Why}")]
    private partial void LogNotTold(int changes, string why);

    [LoggerMessage(2503, LogLevel.Error, "Telling changes to the controllers failed")]
    private partial void LogTellFailed(Exception failure);
}
