using System.Text;
using PubSub.Membership;

namespace PubSub.Tests.Unit.Membership;

public sealed class EntriesAreReadable
{
    private static readonly ServiceInstance Node = new()
    {
        Id = "connect-node-1",
        Address = "10.0.0.7",
        GrpcPort = 50052,
        HttpPort = 8080,
        MetricsPort = 9091,
        Incarnation = 1_760_000_000_000,
        StartedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Revision = 77,
    };

    [Fact]
    public void An_entry_is_the_json_that_operators_see() => Assert.Equal(
        """{"id":"connect-node-1","address":"10.0.0.7","grpcPort":50052,"httpPort":8080,"metricsPort":9091,"incarnation":1760000000000,"startedAt":"2026-01-02T03:04:05+00:00"}""",
        Node.ToJson());

    [Fact]
    public void It_comes_back_as_it_was() =>
        Assert.Equal(Node with { Revision = 0 }, ServiceInstance.TryParse(Encoding.UTF8.GetBytes(Node.ToJson())));

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"id":"a"}""")]
    [InlineData("""{"id":"","address":"b"}""")]
    [InlineData("""{"id":"a","address":"b","grpcPort":"many"}""")]
    public void What_is_no_entry_is_none(string json) =>
        Assert.Null(ServiceInstance.TryParse(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Fields_of_a_later_version_do_no_harm() =>
        Assert.Equal("a", ServiceInstance.TryParse("""{"id":"a","address":"b","zone":"eu"}"""u8)!.Id);

    [Theory]
    [InlineData("10.0.0.7", "http://10.0.0.7:50052/")]
    [InlineData("::1", "http://[::1]:50052/")]
    public void The_address_becomes_one_for_grpc(string address, string uri) =>
        Assert.Equal(uri, (Node with { Address = address }).GrpcAddress.ToString());

    [Theory]
    [InlineData(ServiceKind.Node, "/pubsub/nodes/x")]
    [InlineData(ServiceKind.Controller, "/pubsub/controllers/x")]
    [InlineData(ServiceKind.PushManager, "/pubsub/push-managers/x")]
    [InlineData(ServiceKind.BizServer, "/pubsub/biz-servers/x")]
    public void Keys_are_those_of_the_contract(ServiceKind kind, string key)
    {
        var keys = new ServiceKeys("/pubsub");

        Assert.Equal(key, keys.Of(kind, "x"));
        Assert.Equal("x", keys.IdOf(kind, key));
        Assert.Null(keys.IdOf(kind, key + "/deeper"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    public void An_id_that_would_leave_its_folder_is_refused(string id) =>
        Assert.Throws<ArgumentException>(() => new ServiceKeys("/pubsub").Of(ServiceKind.Node, id));

    [Fact]
    public void Beside_a_local_etcd_the_address_is_local_and_a_set_one_wins()
    {
        Assert.Equal("localhost", AdvertisedAddress.Of(new EtcdOptions()));
        Assert.Equal("node-1.internal", AdvertisedAddress.Of(new EtcdOptions { AdvertisedAddress = "node-1.internal" }));
    }
}
