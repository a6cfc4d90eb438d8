using Microsoft.Extensions.Options;
using PubSub.ConnectNode;
using PubSub.ConnectNode.Sessions;
using PubSub.Protocol.Client;
using PubSub.Protocol.Frames;
using PubSub.Protocol.Outcomes;

namespace PubSub.Tests.Unit.ConnectNode;

/// <summary>SPEC.md 7.</summary>
public sealed class SilenceIsFoundByTheSweep
{
    private const long Heartbeat = 15_000;
    private const long Step = 250;

    private readonly SessionTable _sessions = new();
    private readonly MemorySink _sink = new();
    private readonly Session _session;
    private readonly IdleSweep _sweep;

    public SilenceIsFoundByTheSweep()
    {
        _session = new Session("s", FrameCodec.Json, new SessionWriter(new Outbox(1000, 10, new OutboxGauge()), _sink), DateTimeOffset.UnixEpoch, 0)
        {
            User = new SessionUser("u", "U"),
        };
        _session.SendFirst(new ServerEnvelope { Connected = new Connected() });
        _sessions.Add(_session);
        _sweep = new IdleSweep(_sessions, TimeProvider.System, Options.Create(new NodeOptions { HeartbeatSeconds = 15 }));
    }

    [Fact]
    public void The_silent_are_pinged_after_one_interval_and_cut_within_two()
    {
        var before = _sink.Taken;
        SweepUntil(Heartbeat - Step, from: 0);
        Assert.Equal(before, _sink.Taken);
        SweepUntil(2 * Heartbeat - (2 * Step), from: Heartbeat);
        Assert.Equal(before + 2, _sink.Taken);
        Assert.False(_session.IsEnding);
        SweepUntil(2 * Heartbeat, from: 2 * Heartbeat - Step);
        Assert.Equal(DisconnectReason.HeartbeatTimeout, _session.EndReason);
    }

    [Fact]
    public void A_node_that_was_hung_itself_cuts_nobody_for_it()
    {
        SweepUntil(Step, from: 0);
        _sweep.Sweep(10 * Heartbeat);
        Assert.False(_session.IsEnding);
        SweepUntil(12 * Heartbeat, from: 10 * Heartbeat + Step);
        Assert.Equal(DisconnectReason.HeartbeatTimeout, _session.EndReason);
    }

    private void SweepUntil(long end, long from)
    {
        for (var now = from; now <= end; now += Step)
            _sweep.Sweep(now);
    }
}
