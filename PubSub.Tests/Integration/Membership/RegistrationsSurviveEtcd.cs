using dotnet_etcd;
using Etcdserverpb;
using PubSub.Membership;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Membership;

/// <summary>What may happen to etcd, or in it, under a running registration.</summary>
public sealed class RegistrationsSurviveEtcd : IAsyncLifetime
{
    private const int Away = 211;
    private const int LeaseGone = 213;
    private const int EntryGone = 214;
    private const int NotWithdrawn = 217;

    /// <summary>For outages: long enough for a busy machine to find the way back before it ends.</summary>
    private const int LongLease = 10;

    private EtcdProcess _etcd = null!;
    private EtcdOptions _options = null!;
    private EtcdClient _operator = null!;

    public async Task InitializeAsync()
    {
        _etcd = await EtcdProcess.StartAsync();
        _options = new EtcdOptions { Endpoints = _etcd.Endpoint, LeaseSeconds = 2, TimeoutMs = 1000 };
        _operator = EtcdClients.Create(_options);
    }

    public async Task DisposeAsync()
    {
        _operator.Dispose();
        await _etcd.DisposeAsync();
    }

    [Fact]
    public async Task The_entry_stands_under_the_agreed_key_and_a_lease()
    {
        await using var member = await Member.JoinAsync(_options, "connect-node-1");

        var entry = Assert.Single((await _operator.GetAsync("/pubsub/nodes/connect-node-1")).Kvs);

        Assert.Equal(member.Registration.Status.Entry! with { Revision = 0 }, ServiceInstance.TryParse(entry.Value.Span));
        Assert.Equal(member.Registration.Status.Entry!.Revision, entry.ModRevision);
        Assert.Equal(2, (await LeaseOfAsync(member)).GrantedTTL);
        Assert.Equal($"{member.Incarnation}", await _operator.GetValAsync("/pubsub/incarnation"));
        member.Logs.AssertOnly();
    }

    [Fact]
    public async Task A_graceful_stop_withdraws_it_before_the_lease_would_end()
    {
        _options.LeaseSeconds = 600;
        await using var member = await Member.JoinAsync(_options, "node-1");

        await member.StopAsync();

        Assert.Empty((await _operator.GetAsync(member.Key)).Kvs);
        Assert.Equal(RegistrationState.Stopped, member.Registration.Status.State);
        member.Logs.AssertOnly();
    }

    [Fact]
    public async Task Kill_and_restart_of_etcd_costs_neither_lease_nor_entry()
    {
        _options.LeaseSeconds = LongLease;
        await using var member = await Member.JoinAsync(_options, "node-1");
        await using var follower = await Follower.FollowingAsync(_options);
        var lease = (await LeaseOfAsync(member)).ID;

        for (var kill = 0; kill < 2; kill++)
        {
            _etcd.Kill();
            await member.ForAsync(RegistrationState.Away);
            await follower.ForAsync(MembershipState.Away);
            await _etcd.RestartAsync();
            await member.ForAsync(RegistrationState.Registered);
            await follower.ForIdsAsync("node-1");
        }

        Assert.Equal(1, member.Registration.Status.Registrations);
        Assert.Equal(lease, (await LeaseOfAsync(member)).ID);
        Assert.Empty(follower.EverLeft);
        member.Logs.AssertOnly(Away);
    }

    [Fact]
    public async Task An_etcd_without_its_data_gets_the_same_entry_again()
    {
        await using var member = await Member.JoinAsync(_options, "node-1");
        await using var follower = await Follower.FollowingAsync(_options);
        await follower.ForIdsAsync("node-1");
        // So that the new store begins below the revision where the follower was.
        await _operator.PutAsync("/filler", "x");
        var incarnation = member.Incarnation;

        await _etcd.RestartEmptyAsync();
        await member.ForRegistrationsAsync(2);
        await follower.ForAsync(snapshot => snapshot.Find("node-1")?.Revision == member.Registration.Status.Entry!.Revision, "the second registration");
        await using var second = await Member.JoinAsync(_options, "node-2");
        await follower.ForIdsAsync("node-1", "node-2");

        Assert.Equal(incarnation, member.Incarnation);
        Assert.True(second.Incarnation > incarnation);
        Assert.Empty(follower.EverLeft);
    }

    [Fact]
    public async Task A_lease_that_was_revoked_is_replaced()
    {
        await using var member = await Member.JoinAsync(_options, "node-1");
        var incarnation = member.Incarnation;

        await _operator.LeaseRevokeAsync(new LeaseRevokeRequest { ID = (await LeaseOfAsync(member)).ID });
        await member.ForRegistrationsAsync(2);

        Assert.Equal(incarnation, member.Incarnation);
        Assert.Equal(2, (await LeaseOfAsync(member)).GrantedTTL);
        member.Logs.AssertOnly(LeaseGone);
    }

    [Fact]
    public async Task An_entry_that_somebody_deleted_comes_back()
    {
        await using var member = await Member.JoinAsync(_options, "node-1");

        await _operator.DeleteAsync(member.Key);
        await member.ForRegistrationsAsync(2);

        Assert.Single((await _operator.GetAsync(member.Key)).Kvs);
        member.Logs.AssertOnly(EntryGone);
    }

    [Fact]
    public async Task An_entry_that_somebody_overwrote_is_put_right()
    {
        await using var member = await Member.JoinAsync(_options, "node-1");
        await using var follower = await Follower.FollowingAsync(_options);

        await _operator.PutAsync(member.Key, "I was here");
        await member.ForRegistrationsAsync(2);

        await follower.ForAsync(snapshot => snapshot.Find("node-1")?.Revision == member.Registration.Status.Entry!.Revision, "the second registration");
        Assert.Empty(follower.EverLeft);
        follower.Logs.AssertOnly(204);
    }

    [Fact]
    public async Task A_process_that_starts_before_etcd_waits_for_it()
    {
        _etcd.Kill();
        await using var member = Member.Start(_options, "node-1");
        await using var follower = await Follower.StartAsync(_options);
        await Wait.UntilAsync(() => member.Logs.Entries.Count > 0 && follower.Logs.Entries.Count > 0, "both to say that etcd is away");
        Assert.Equal(RegistrationState.Starting, member.Registration.Status.State);
        Assert.Equal(MembershipState.Unknown, follower.Membership.Current.State);

        await _etcd.RestartAsync();

        await member.ForAsync(RegistrationState.Registered);
        await follower.ForIdsAsync("node-1");
        Assert.Contains(_etcd.Endpoint, Assert.Single(member.Logs.Entries).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_without_etcd_does_not_hang()
    {
        await using var member = await Member.JoinAsync(_options, "node-1");
        _etcd.Pause();

        await Wait.ForAsync(member.StopAsync(), "the stop");
        _etcd.Resume();

        Assert.Contains(NotWithdrawn, member.Logs.Entries.Select(entry => entry.EventId.Id));
    }

    [Fact]
    public async Task A_frozen_etcd_is_noticed_and_found_again()
    {
        _options.LeaseSeconds = LongLease;
        await using var member = await Member.JoinAsync(_options, "node-1");
        await using var follower = await Follower.FollowingAsync(_options);

        _etcd.Pause();
        await member.ForAsync(RegistrationState.Away);
        await follower.ForAsync(MembershipState.Away);
        _etcd.Resume();
        await member.ForAsync(RegistrationState.Registered);

        await follower.ForIdsAsync("node-1");
        Assert.Empty(follower.EverLeft);
    }

    private async Task<LeaseTimeToLiveResponse> LeaseOfAsync(Member member)
    {
        var entry = await member.Registry.ReadAsync(member.Key, CancellationToken.None);
        // Not the operator's: a connection that was there through an outage may be waiting for its next try.
        using var asking = EtcdClients.Create(_options);
        return await asking.LeaseTimeToLiveAsync(new LeaseTimeToLiveRequest { ID = entry!.Lease });
    }
}
