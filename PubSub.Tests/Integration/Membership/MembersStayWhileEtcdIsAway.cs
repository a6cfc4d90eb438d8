using PubSub.Membership;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Membership;

public sealed class MembersStayWhileEtcdIsAway : IAsyncLifetime
{
    private const int Away = 201;
    private const int Dropped = 203;

    private EtcdProcess _etcd = null!;
    private EtcdOptions _options = null!;

    public async Task InitializeAsync()
    {
        _etcd = await EtcdProcess.StartAsync();
        _options = new EtcdOptions { Endpoints = _etcd.Endpoint, LeaseSeconds = 2, TimeoutMs = 1000 };
    }

    public async Task DisposeAsync() => await _etcd.DisposeAsync();

    [Fact]
    public async Task Who_lived_is_kept_and_who_comes_later_is_seen()
    {
        // Long enough for a busy machine to find the way back before it ends.
        var options = new EtcdOptions { Endpoints = _etcd.Endpoint, LeaseSeconds = 15, TimeoutMs = 1000 };
        await using var first = await Member.JoinAsync(options, "node-1");
        await using var follower = await Follower.FollowingAsync(options);
        _etcd.Kill();

        var away = await follower.ForAsync(MembershipState.Away);
        Assert.Equal(["node-1"], away.Instances.Keys);
        await _etcd.RestartAsync();
        await using var second = await Member.JoinAsync(options, "node-2");
        await follower.ForIdsAsync("node-1", "node-2");

        Assert.Empty(follower.EverLeft);
        follower.Logs.AssertOnly(Away);
        Assert.Single(follower.Logs.Entries);
    }

    [Fact]
    public async Task All_leases_end_during_the_outage_and_still_nobody_leaves()
    {
        await FillAsync();
        await using var members = new Members(await Task.WhenAll(
            Enumerable.Range(0, 5).Select(i => Member.JoinAsync(_options, $"node-{i}"))));
        await using var follower = await Follower.FollowingAsync(_options);
        var present = await follower.ForIdsAsync([.. members.Ids]);

        await _etcd.RestartEmptyAsync();
        await members.ForRegistrationsAsync(2);
        await follower.ForAsync(
            snapshot => snapshot.ChangesSince(present).Changed.Length == 5, "the second registration of each");
        // A departure that only waits for the end of its grace would show when the next lease after it has ended.
        var witness = await Member.JoinAsync(_options, "witness");
        await follower.ForAsync(snapshot => snapshot.Find("witness") is not null, "the witness");
        witness.Crash();
        await follower.ForAsync(snapshot => snapshot.Find("witness") is null, "the end of the witness");
        await witness.DisposeAsync();

        Assert.StartsWith("Node witness left", Assert.Single(follower.EverLeft), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_died_during_the_outage_is_dropped_when_the_grace_is_over()
    {
        await using var alive = await Member.JoinAsync(_options, "node-alive");
        await using var dead = await Member.JoinAsync(_options, "node-dead");
        await using var follower = await Follower.FollowingAsync(_options);
        await follower.ForIdsAsync("node-alive", "node-dead");
        dead.Crash();

        await _etcd.RestartEmptyAsync();
        await follower.ForIdsAsync("node-alive");

        follower.Logs.AssertOnly(Away, Dropped);
        Assert.Contains("node-dead", Assert.Single(follower.EverLeft), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cluster_without_quorum_counts_as_away()
    {
        await using var cluster = await EtcdCluster.StartAsync();
        var options = new EtcdOptions { Endpoints = cluster.Endpoints, LeaseSeconds = 3, TimeoutMs = 1000 };
        await using var member = await Member.JoinAsync(options, "node-1");
        await using var follower = await Follower.FollowingAsync(options);
        await follower.ForIdsAsync("node-1");

        cluster.Members[0].Kill();
        cluster.Members[1].Kill();
        await member.ForAsync(RegistrationState.Away);
        await follower.ForAsync(MembershipState.Away);
        await Task.WhenAll(cluster.Members[0].RestartAsync(), cluster.Members[1].RestartAsync());

        await member.ForAsync(RegistrationState.Registered);
        await follower.ForIdsAsync("node-1");
        Assert.Equal(1, member.Registration.Status.Registrations);
        Assert.Empty(follower.EverLeft);
    }

    [Fact]
    public async Task One_member_of_a_cluster_is_not_missed()
    {
        await using var cluster = await EtcdCluster.StartAsync();
        var options = new EtcdOptions { Endpoints = cluster.Endpoints, LeaseSeconds = 3, TimeoutMs = 1000 };
        await using var member = await Member.JoinAsync(options, "node-1");
        await using var follower = await Follower.FollowingAsync(options);

        foreach (var etcd in cluster.Members)
        {
            etcd.Kill();
            await using var another = await Member.JoinAsync(options, "node-2");
            await follower.ForAsync(snapshot => snapshot.Find("node-2")?.Incarnation == another.Incarnation, "the second node");
            await etcd.RestartAsync();
        }

        Assert.Equal(1, member.Registration.Status.Registrations);
    }

    // The revisions of a new store count from 1 again; behind these, no two entries look the same by chance.
    private async Task FillAsync()
    {
        using var client = EtcdClients.Create(_options);
        for (var i = 0; i < 50; i++)
        {
            await client.PutAsync("/filler", "x");
        }
    }

    private sealed class Members(Member[] members) : IAsyncDisposable
    {
        public IEnumerable<string> Ids => members.Select(member => member.Registration.Status.Entry!.Id);

        public Task ForRegistrationsAsync(int count) => Task.WhenAll(members.Select(member => member.ForRegistrationsAsync(count)));

        public async ValueTask DisposeAsync()
        {
            foreach (var member in members)
            {
                await member.DisposeAsync();
            }
        }
    }
}
