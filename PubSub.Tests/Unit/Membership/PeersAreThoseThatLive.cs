using Microsoft.Extensions.Logging.Abstractions;
using PubSub.Membership;
using PubSub.Membership.Peers;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Unit.Membership;

public sealed class PeersAreThoseThatLive : IAsyncLifetime
{
    private readonly MemoryMembership _membership = new(ServiceKind.Controller);
    private readonly PeerTable<ControllerService.ControllerServiceClient> _peers;

    public PeersAreThoseThatLive() => _peers = new PeerTable<ControllerService.ControllerServiceClient>(
        [new Uri("http://configured:1"), new Uri("http://configured:2"), new Uri("http://configured:1")],
        _membership, calls => new ControllerService.ControllerServiceClient(calls), NullLoggerFactory.Instance);

    public Task InitializeAsync() => Task.CompletedTask;

    [Fact]
    public void Until_somebody_is_known_they_are_those_of_the_settings() =>
        Assert.Equal(["configured:1", "configured:2"], Ids());

    [Fact]
    public async Task Those_that_live_take_their_place_in_the_order_of_their_ids()
    {
        _membership.Join("c", "127.0.0.1", 3);
        _membership.Join("a", "127.0.0.1", 1);
        _membership.Join("b", "127.0.0.1", 2);

        await Wait.UntilAsync(() => Ids().SequenceEqual(["a", "b", "c"]), "three peers in order");
        Assert.Equal([1, 2, 3], _peers.Current.Select(peer => peer.Address.Port));
    }

    [Fact]
    public async Task Whoever_stays_keeps_the_connection_and_a_new_address_is_a_new_peer()
    {
        _membership.Join("stays", "127.0.0.1", 1);
        _membership.Join("moves", "127.0.0.1", 2);
        await Wait.UntilAsync(() => _peers.Current.Length == 2 && Ids().Contains("moves"), "two peers");
        var before = _peers.Current;

        _membership.Join("moves", "127.0.0.1", 3);
        await Wait.UntilAsync(() => _peers.Current[0].Address.Port == 3, "the new address");

        Assert.Same(before[1], _peers.Current[1]);
        Assert.NotSame(before[0], _peers.Current[0]);
    }

    [Fact]
    public async Task When_nobody_is_left_the_settings_count_again()
    {
        _membership.Join("a", "127.0.0.1", 1);
        await Wait.UntilAsync(() => Ids().SequenceEqual(["a"]), "the peer");
        _membership.Leave("a");

        await Wait.UntilAsync(() => Ids().SequenceEqual(["configured:1", "configured:2"]), "those of the settings");
    }

    public Task DisposeAsync() => _peers.DisposeAsync().AsTask();

    private IEnumerable<string> Ids() => _peers.Current.Select(peer => peer.Id);
}
