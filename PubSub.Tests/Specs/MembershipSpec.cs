using PubSub.Membership;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Specs;

/// <summary>What whoever follows a membership may rely on, wherever it comes from.</summary>
public abstract class MembershipSpec : IAsyncLifetime, IDisposable
{
    private readonly CancellationTokenSource _stop = new(Wait.Patience);

    public abstract Task InitializeAsync();

    public virtual Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _stop.Dispose();

    protected abstract IMembership Membership { get; }

    /// <summary>A start of the id. The entry is as the joining process sees it.</summary>
    protected abstract Task<ServiceInstance> JoinAsync(string id, int grpcPort = 50052);

    /// <summary>A graceful stop.</summary>
    protected abstract Task LeaveAsync(string id);

    [Fact]
    public async Task Whoever_joins_is_found_with_all_it_said_of_itself()
    {
        var joined = await JoinAsync("node-1", 50055);

        var snapshot = await Membership.WaitForAsync(Has("node-1"), _stop.Token);

        Assert.Equal(joined, snapshot.Find("node-1"));
        Assert.Equal(50055, joined.GrpcPort);
        Assert.Equal(ServiceKind.Node, snapshot.Kind);
        Assert.Equal(MembershipState.Following, snapshot.State);
        Assert.Equal(joined.Revision, snapshot.Revision);
        Assert.Null(snapshot.Find("node-2"));
    }

    [Fact]
    public async Task Whoever_leaves_is_gone_and_the_others_stay()
    {
        await JoinAsync("node-1");
        await JoinAsync("node-2");
        await Membership.WaitForAsync(snapshot => snapshot.Instances.Count == 2, _stop.Token);

        await LeaveAsync("node-1");
        var left = await Membership.WaitForAsync(snapshot => snapshot.Instances.Count == 1, _stop.Token);

        Assert.Equal(["node-2"], left.Instances.Keys);
    }

    [Fact]
    public async Task Each_start_of_an_id_has_a_higher_incarnation()
    {
        var incarnations = new List<long>();
        for (var start = 0; start < 5; start++)
        {
            incarnations.Add((await JoinAsync("node-1")).Incarnation);
            await LeaveAsync("node-1");
        }

        Assert.Equal(incarnations.Distinct().Order(), incarnations);
        Assert.All(incarnations, incarnation => Assert.True(incarnation > 0));
    }

    [Fact]
    public async Task A_start_in_place_of_an_earlier_one_is_a_change()
    {
        await JoinAsync("node-1", 1);
        var before = await Membership.WaitForAsync(Has("node-1"), _stop.Token);

        var second = await JoinAsync("node-1", 2);
        var after = await Membership.WaitForAsync(snapshot => snapshot.Find("node-1") is { GrpcPort: 2 }, _stop.Token);

        var changes = after.ChangesSince(before);
        Assert.Equal(second, Assert.Single(changes.Changed));
        Assert.Empty(changes.Joined);
        Assert.Empty(changes.Left);
        Assert.True(after.Revision > before.Revision);
    }

    [Fact]
    public async Task A_follower_gets_the_present_at_once_and_then_what_changes()
    {
        await JoinAsync("node-1");
        await Membership.WaitForAsync(Has("node-1"), _stop.Token);
        await using var following = Membership.FollowAsync(_stop.Token).GetAsyncEnumerator(_stop.Token);

        Assert.True(await following.MoveNextAsync());
        var present = following.Current;
        await JoinAsync("node-2");
        Assert.True(await following.MoveNextAsync());

        Assert.Equal(["node-1"], present.Instances.Keys);
        Assert.Equal(["node-2"], following.Current.ChangesSince(present).Joined.Select(instance => instance.Id));
    }

    [Fact]
    public async Task A_slow_follower_gets_the_latest_and_misses_no_difference()
    {
        await using var following = Membership.FollowAsync(_stop.Token).GetAsyncEnumerator(_stop.Token);
        Assert.True(await following.MoveNextAsync());
        var seen = following.Current;

        for (var i = 0; i < 5; i++)
        {
            await JoinAsync($"node-{i}");
        }

        await LeaveAsync("node-0");
        await Membership.WaitForAsync(snapshot => snapshot.Instances.Count == 4 && Has("node-4")(snapshot), _stop.Token);
        Assert.True(await following.MoveNextAsync());

        Assert.Equal(["node-1", "node-2", "node-3", "node-4"], following.Current.ChangesSince(seen).Joined.Select(instance => instance.Id).Order());
    }

    [Fact]
    public async Task A_snapshot_never_changes()
    {
        await JoinAsync("node-1");
        var before = await Membership.WaitForAsync(Has("node-1"), _stop.Token);
        await LeaveAsync("node-1");
        await Membership.WaitForAsync(snapshot => snapshot.Instances.IsEmpty, _stop.Token);

        Assert.NotNull(before.Find("node-1"));
        Assert.Equal(["node-1"], Membership.Current.ChangesSince(before).Left.Select(instance => instance.Id));
    }

    [Fact]
    public async Task Waiting_ends_with_its_token()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(20));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Membership.WaitForAsync(_ => false, soon.Token));
    }

    private static Func<MembershipSnapshot, bool> Has(string id) => snapshot => snapshot.Find(id) is not null;
}
