using PubSub.Membership;
using PubSub.Tests.Specs;

namespace PubSub.Tests.Unit.Membership;

public sealed class MemoryMembershipMeetsTheSpec : MembershipSpec
{
    private readonly MemoryMembership _membership = new(ServiceKind.Node);

    protected override IMembership Membership => _membership;

    public override Task InitializeAsync() => Task.CompletedTask;

    protected override Task<ServiceInstance> JoinAsync(string id, int grpcPort = 50052) =>
        Task.FromResult(_membership.Join(id, grpcPort: grpcPort));

    protected override Task LeaveAsync(string id)
    {
        _membership.Leave(id);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task It_can_pretend_that_etcd_is_away()
    {
        await JoinAsync("node-1");

        _membership.SetState(MembershipState.Away);

        Assert.Equal(MembershipState.Away, Membership.Current.State);
        Assert.NotNull(Membership.Current.Find("node-1"));
    }
}
