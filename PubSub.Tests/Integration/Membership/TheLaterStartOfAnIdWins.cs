using System.Diagnostics;
using System.Globalization;
using dotnet_etcd;
using Etcdserverpb;
using PubSub.LocalTools;
using PubSub.Membership;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Membership;

[Collection(SharedEtcd.Name)]
public sealed class TheLaterStartOfAnIdWins : IDisposable
{
    private const int EntryGone = 214;
    private const int Superseded = 215;

    private readonly EtcdOptions _options;
    private readonly EtcdClient _operator;

    public TheLaterStartOfAnIdWins(EtcdFixture fixture)
    {
        _options = new EtcdOptions
        {
            Endpoints = fixture.Etcd.Endpoint,
            KeyPrefix = fixture.NewPrefix().TrimEnd('/'),
            LeaseSeconds = 4,
        };
        _operator = EtcdClients.Create(_options);
    }

    [Fact]
    public async Task A_restart_within_the_lease_takes_over_at_once_and_outlives_the_old_lease()
    {
        await using var crashed = await Member.JoinAsync(_options, "node-1");
        await using var follower = await Follower.FollowingAsync(_options);
        var oldLease = (await crashed.Registry.ReadAsync(crashed.Key, CancellationToken.None))!.Lease;
        crashed.Crash();

        await using var restarted = await Member.JoinAsync(_options, "node-1", grpcPort: 1);
        var left = (await _operator.LeaseTimeToLiveAsync(new LeaseTimeToLiveRequest { ID = oldLease })).TTL;
        await Wait.UntilAsync(
            async () => (await _operator.LeaseTimeToLiveAsync(new LeaseTimeToLiveRequest { ID = oldLease })).TTL < 0, "the old lease to end");
        await follower.ForAsync(snapshot => snapshot.Find("node-1") is { GrpcPort: 1 }, "the restarted node");

        Assert.InRange(left, 0, 4);
        Assert.Single((await _operator.GetAsync(restarted.Key)).Kvs);
        Assert.True(restarted.Incarnation > crashed.Incarnation);
        Assert.Empty(follower.EverLeft);
        restarted.Logs.AssertOnly();
    }

    [Fact]
    public async Task The_earlier_of_two_running_ones_stops_and_leaves_the_entry_alone()
    {
        await using var earlier = await Member.JoinAsync(_options, "node-1");
        await using var follower = await Follower.FollowingAsync(_options);
        await using var later = await Member.JoinAsync(_options, "node-1", grpcPort: 1);

        await earlier.ForAsync(RegistrationState.Superseded);
        await Wait.UntilAsync(() => earlier.WasToldToStop, "the earlier one to be stopped");
        await earlier.StopAsync();
        await follower.ForAsync(snapshot => snapshot.Find("node-1") is { GrpcPort: 1 }, "the later one");

        later.Logs.AssertOnly();
        earlier.Logs.AssertOnly(EntryGone, Superseded);
        Assert.Equal(1, later.Registration.Status.Registrations);
        Assert.Single((await _operator.GetAsync(later.Key)).Kvs);
        Assert.Empty(follower.EverLeft);
    }

    [Fact]
    public async Task Incarnations_rise_even_if_the_clock_was_set_back()
    {
        var future = DateTimeOffset.UtcNow.AddYears(1).ToUnixTimeMilliseconds();
        await _operator.PutAsync(new ServiceKeys(_options.KeyPrefix).Incarnation, future.ToString(CultureInfo.InvariantCulture));

        await using var first = await Member.JoinAsync(_options, "node-1");
        await using var second = await Member.JoinAsync(_options, "node-2");

        Assert.Equal(future + 1, first.Incarnation);
        Assert.Equal(future + 2, second.Incarnation);
    }

    [Fact]
    public async Task Incarnations_rise_even_if_etcd_lost_its_count()
    {
        await using var first = await Member.JoinAsync(_options, "node-1");
        await _operator.DeleteRangeAsync(_options.KeyPrefix);

        await using var second = await Member.JoinAsync(_options, "node-2");

        Assert.True(second.Incarnation > first.Incarnation);
    }

    [Fact]
    public async Task Twenty_that_start_at_once_get_one_each()
    {
        var members = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Member.JoinAsync(_options, $"node-{i}")));
        try
        {
            Assert.Equal(20, members.Select(member => member.Incarnation).Distinct().Count());
        }
        finally
        {
            foreach (var member in members)
            {
                await member.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task A_killed_process_is_gone_when_its_lease_is()
    {
        _options.KeyPrefix = new EtcdOptions().KeyPrefix;
        await using var follower = await Follower.FollowingAsync(_options);
        var id = $"killed-{Guid.NewGuid():N}";
        var start = new ProcessStartInfo("dotnet", [typeof(Member).Assembly.Location, "join-etcd", _options.Endpoints, id])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var process = ChildProcess.Start(start);
        Assert.Equal(id, await Wait.ForAsync(process.StandardOutput.ReadLineAsync(), "the process to register"));
        await follower.ForAsync(snapshot => snapshot.Find(id) is not null, "its entry");

        process.Kill();
        await follower.ForAsync(snapshot => snapshot.Find(id) is null, "the end of its entry");

        Assert.Contains(id, Assert.Single(follower.EverLeft), StringComparison.Ordinal);
        follower.Logs.AssertOnly();
    }

    public void Dispose() => _operator.Dispose();
}
