using PubSub.Membership;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Specs;

namespace PubSub.Tests.Integration.Membership;

[Collection(SharedEtcd.Name)]
public sealed class EtcdMembershipMeetsTheSpec(EtcdFixture fixture) : MembershipSpec
{
    private readonly EtcdOptions _options = new()
    {
        Endpoints = fixture.Etcd.Endpoint,
        KeyPrefix = fixture.NewPrefix().TrimEnd('/'),
    };

    private readonly Dictionary<string, Member> _members = [];
    private readonly List<Member> _superseded = [];
    private Follower _follower = null!;

    protected override IMembership Membership => _follower.Membership;

    public override async Task InitializeAsync() => _follower = await Follower.FollowingAsync(_options);

    public override async Task DisposeAsync()
    {
        foreach (var member in _members.Values.Concat(_superseded))
        {
            await member.DisposeAsync();
        }

        await _follower.DisposeAsync();
        _follower.Logs.AssertOnly();
        await base.DisposeAsync();
    }

    protected override async Task<ServiceInstance> JoinAsync(string id, int grpcPort = 50052)
    {
        if (_members.Remove(id, out var earlier))
        {
            _superseded.Add(earlier);
        }

        return (_members[id] = await Member.JoinAsync(_options, id, grpcPort: grpcPort)).Registration.Status.Entry!;
    }

    protected override async Task LeaveAsync(string id)
    {
        _members.Remove(id, out var member);
        await member!.DisposeAsync();
        member.Logs.AssertOnly();
    }
}
