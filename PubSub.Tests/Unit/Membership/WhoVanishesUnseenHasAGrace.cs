using PubSub.Membership;

namespace PubSub.Tests.Unit.Membership;

public sealed class WhoVanishesUnseenHasAGrace
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly HandSetTime _time = new();
    private readonly InstanceLedger _ledger;

    public WhoVanishesUnseenHasAGrace()
    {
        _ledger = new InstanceLedger(ServiceKind.Node, Grace, _time);
    }

    [Fact]
    public void Nothing_is_known_before_the_first_load()
    {
        Assert.Equal(MembershipState.Unknown, _ledger.Snapshot.State);
        _ledger.LoseSight();

        Assert.Equal(MembershipState.Unknown, _ledger.Snapshot.State);
        Assert.Null(_ledger.UntilNextDrop);
    }

    [Fact]
    public void What_is_removed_before_our_eyes_is_gone_at_once()
    {
        _ledger.Load([Node("1"), Node("2")], 5);
        _ledger.Remove("1", 6);

        Assert.Equal(["2"], _ledger.Snapshot.Instances.Keys);
        Assert.Equal(6, _ledger.Snapshot.Revision);
        Assert.Null(_ledger.UntilNextDrop);
    }

    [Fact]
    public void What_is_missing_after_an_outage_stays_for_the_grace_and_not_longer()
    {
        Outage(before: [Node("1"), Node("2")], after: [Node("2")]);
        Assert.Equal(2, _ledger.Snapshot.Instances.Count);
        Assert.Equal(Grace, _ledger.UntilNextDrop);

        _time.Advance(Grace - TimeSpan.FromTicks(1));
        Assert.Empty(_ledger.DropMissing());
        _time.Advance(TimeSpan.FromTicks(1));

        Assert.Equal(["1"], _ledger.DropMissing().Select(instance => instance.Id));
        Assert.Equal(["2"], _ledger.Snapshot.Instances.Keys);
        Assert.Null(_ledger.UntilNextDrop);
    }

    [Fact]
    public void Whoever_registers_again_within_the_grace_never_left()
    {
        Outage(before: [Node("1")], after: []);
        _ledger.Put(Node("1") with { Revision = 9 });
        _time.Advance(Grace * 2);

        Assert.Empty(_ledger.DropMissing());
        Assert.Equal(9, _ledger.Snapshot.Find("1")!.Revision);
    }

    [Fact]
    public void Whoever_leaves_during_the_grace_is_gone_at_once()
    {
        Outage(before: [Node("1")], after: []);
        _ledger.Put(Node("1"));
        _ledger.Remove("1", 10);

        Assert.Empty(_ledger.Snapshot.Instances);
    }

    [Fact]
    public void The_grace_begins_anew_when_etcd_goes_away_again()
    {
        Outage(before: [Node("1")], after: []);
        _time.Advance(Grace);
        _ledger.LoseSight();
        Assert.Empty(_ledger.DropMissing());
        _ledger.Load([], 7);
        _time.Advance(Grace / 2);

        Assert.Empty(_ledger.DropMissing());
        Assert.NotNull(_ledger.Snapshot.Find("1"));
    }

    [Fact]
    public void A_load_that_etcd_asked_for_does_not_prolong_it()
    {
        Outage(before: [Node("1")], after: []);
        _time.Advance(Grace / 2);
        _ledger.Load([], 7);
        _time.Advance(Grace / 2);

        Assert.Single(_ledger.DropMissing());
    }

    [Fact]
    public void Nobody_leaves_while_etcd_is_away()
    {
        _ledger.Load([Node("1")], 5);
        _ledger.LoseSight();
        _time.Advance(Grace * 10);

        Assert.Empty(_ledger.DropMissing());
        Assert.Equal(MembershipState.Away, _ledger.Snapshot.State);
        Assert.NotNull(_ledger.Snapshot.Find("1"));
    }

    private void Outage(ServiceInstance[] before, ServiceInstance[] after)
    {
        _ledger.Load(before, 5);
        _ledger.LoseSight();
        _ledger.Load(after, 6);
    }

    private static ServiceInstance Node(string id) => new() { Id = id, Address = "localhost" };

    private sealed class HandSetTime : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(TimeSpan time) => _ticks += time.Ticks;
    }
}
