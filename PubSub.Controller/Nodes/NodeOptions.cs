using System.ComponentModel.DataAnnotations;
using PubSub.ServiceDefaults;

namespace PubSub.Controller.Nodes;

internal sealed class NodeOptions
{
    public const string Section = "Nodes";

    [Setting("HEARTBEAT_SECONDS", "Seconds between the heartbeats that nodes are asked for"), Range(1, 3600)]
    public int HeartbeatSeconds { get; set; } = 10;

    [Setting("MISSED_HEARTBEATS", "Heartbeats in a row after whose absence a node is removed"), Range(1, 100)]
    public int MissedHeartbeats { get; set; } = 3;

    [Setting("SWEEP_SECONDS", "Seconds between two sweeps for nodes without heartbeats"), Range(1, 3600)]
    public int SweepSeconds { get; set; } = 30;

    [Setting("SWEEP_GRACE_SECONDS", "Seconds after a node's end in which a late change of it may still arrive and is looked for"), Range(1, 3600)]
    public int GraceSeconds { get; set; } = 60;

    [Setting("CACHE_TTL_SECONDS", "Seconds that derived lists go unchecked, and that an unused connection to a node is kept"), Range(1, 86_400)]
    public int CacheTtlSeconds { get; set; } = 300;

    public TimeSpan Silence => TimeSpan.FromSeconds((double)HeartbeatSeconds * MissedHeartbeats);

    public TimeSpan Grace => TimeSpan.FromSeconds(GraceSeconds);

    public TimeSpan CacheTtl => TimeSpan.FromSeconds(CacheTtlSeconds);
}
