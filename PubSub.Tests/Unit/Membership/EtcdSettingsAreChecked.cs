using PubSub.Membership;

namespace PubSub.Tests.Unit.Membership;

public sealed class EtcdSettingsAreChecked
{
    [Fact]
    public void The_defaults_are_right() => Assert.Empty(new EtcdOptions().Faults());

    [Theory]
    [InlineData("http://a:1,http://b:2")]
    [InlineData(" https://a:1 , https://b:2 ")]
    public void Several_endpoints_are_right(string endpoints) =>
        Assert.Empty(new EtcdOptions { Endpoints = endpoints }.Faults());

    [Theory]
    [InlineData("localhost:2379", "'localhost:2379' is not an address")]
    [InlineData("http://a:1,", "'' is not an address")]
    [InlineData("http://a:1;http://b:2", "is not an address")]
    [InlineData("http://a:1,https://b:2", "mixes http and https")]
    public void Wrong_endpoints_are_named(string endpoints, string complaint) =>
        Assert.Contains(complaint, Assert.Single(new EtcdOptions { Endpoints = endpoints }.Faults()), StringComparison.Ordinal);

    [Fact]
    public void User_and_password_go_together()
    {
        Assert.Single(new EtcdOptions { Username = "root" }.Faults());
        Assert.Single(new EtcdOptions { Password = "secret" }.Faults());
        Assert.Empty(new EtcdOptions { Username = "root", Password = "secret" }.Faults());
    }

    [Fact]
    public void A_time_out_must_leave_the_lease_alive() =>
        Assert.Contains(
            "ETCD_TIMEOUT_MS",
            Assert.Single(new EtcdOptions { TimeoutMs = 2000, LeaseSeconds = 2 }.Faults()),
            StringComparison.Ordinal);
}
