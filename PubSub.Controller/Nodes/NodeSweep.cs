using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using PubSub.Controller.Redis;
using PubSub.Controller.Statistics;

namespace PubSub.Controller.Nodes;

/// <summary>
/// Takes nodes out of the cluster, with their sessions: at once when their lease ended, and by a sweep when their
/// heartbeats stay away. Any number of controllers may sweep at the same time; each step is one that can be repeated.
/// </summary>
internal sealed partial class NodeSweep(
    NodeStore nodes, SessionRemoval removal, RedisStore redis, ControllerMetrics metrics,
    IOptions<NodeOptions> options, TimeProvider time, ILogger<NodeSweep> logger) : BackgroundService
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly ILogger<NodeSweep> _logger = logger;
    private readonly ConcurrentQueue<(string NodeId, long Incarnation)> _ended = new();
    private readonly SemaphoreSlim _wake = new(0);

    /// <summary>The node's lease ended. Remembered until Redis has heard of it.</summary>
    public void LeaseEnded(string nodeId, long incarnation)
    {
        _ended.Enqueue((nodeId, incarnation));
        _wake.Release();
    }

    /// <summary>A stay ended by other means; its sessions are removed now and not with the next sweep.</summary>
    public void Wake() => _wake.Release();

    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        while (_ended.TryPeek(out var node))
        {
            Report(await nodes.EndAsync(node.NodeId, node.Incarnation), "lease");
            _ended.TryDequeue(out _);
        }

        // Nodes could not report while Redis or this controller was away: that is no silence of theirs.
        if (redis.AnsweringFor >= options.Value.Silence)
            Report(await nodes.EndSilentAsync(options.Value.Silence), "heartbeat");

        foreach (var (stay, age) in await nodes.LeavingAsync())
        {
            var isLast = age >= options.Value.Grace;
            var removed = await removal.RemoveAsync(stay, isLast, cancellationToken);
            metrics.SessionsRemoved(removed);
            if (removed > 0)
                LogSessionsRemoved(removed, stay);
        }
    }

    public override void Dispose()
    {
        _wake.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var pause = TimeSpan.FromSeconds(options.Value.SweepSeconds);
            try
            {
                await SweepAsync(stoppingToken);
                metrics.Swept(completed: true);
            }
            catch (RedisAwayException away)
            {
                metrics.Swept(completed: false);
                LogNotSwept(away.Message);
                pause = RetryAfter;
            }

            await WaitAsync(pause, stoppingToken);
        }
    }

    private async Task WaitAsync(TimeSpan pause, CancellationToken stoppingToken)
    {
        using var enough = new CancellationTokenSource(pause, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, stoppingToken);
        try
        {
            await _wake.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            // The pause is over.
        }
    }

    private void Report(IReadOnlyList<RegistrationKey> ended, string reason)
    {
        foreach (var stay in ended)
        {
            metrics.NodeRemoved(reason);
            LogNodeRemoved(stay.NodeId, stay.Incarnation, reason);
        }
    }
}
