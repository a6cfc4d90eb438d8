using dotnet_etcd;
using Etcdserverpb;
using Grpc.Core;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Wire.Etcd;

public sealed class EtcdAsksForUserAndPassword : IAsyncLifetime
{
    private EtcdProcess _etcd = null!;

    public async Task InitializeAsync()
    {
        _etcd = await EtcdProcess.StartAsync();
        using var client = new EtcdClient(_etcd.Endpoint);
        await client.UserAddAsync(new AuthUserAddRequest { Name = "root", Password = "secret" });
        await client.RoleAddAsync(new AuthRoleAddRequest { Name = "root" });
        await client.UserGrantRoleAsync(new AuthUserGrantRoleRequest { User = "root", Role = "root" });
        await client.AuthEnableAsync(new AuthEnableRequest());
    }

    public async Task DisposeAsync() => await _etcd.DisposeAsync();

    [Fact]
    public async Task With_them_everything_works()
    {
        using var client = new EtcdClient(_etcd.Endpoint, "root", "secret");
        var log = new WatchLog();
        await client.WatchRangeAsync("/a", log.Add);
        await client.PutAsync("/a", "1");

        await log.ForAsync("/a");

        Assert.Equal("1", await client.GetValAsync("/a"));
    }

    [Fact]
    public async Task Without_them_or_with_wrong_ones_the_error_says_so()
    {
        using var nobody = new EtcdClient(_etcd.Endpoint);
        using var wrong = new EtcdClient(_etcd.Endpoint, "root", "guessed");

        var unnamed = await Assert.ThrowsAsync<RpcException>(() => nobody.PutAsync("/a", "1"));
        var refused = await Assert.ThrowsAsync<RpcException>(() => wrong.PutAsync("/a", "1"));
        var watch = await Assert.ThrowsAsync<RpcException>(() => nobody.WatchRangeAsync("/a", _ => { }));

        Assert.Contains("user name is empty", unnamed.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("authentication failed", refused.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("user name is empty", watch.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_etcd_forgot_is_replaced()
    {
        using var client = new EtcdClient(_etcd.Endpoint, "root", "secret");
        await client.PutAsync("/a", "1");
        // Tokens live in etcd's memory.
        await _etcd.RestartAsync();

        await Wait.UntilAsync(
            async () =>
            {
                try
                {
                    return await client.GetValAsync("/a") == "1";
                }
                catch (RpcException refused) when (refused.StatusCode is StatusCode.Unauthenticated or StatusCode.Unavailable)
                {
                    return false;
                }
            },
            "the new token");
    }

    [Fact]
    public async Task Credentials_can_be_set_and_cleared_later()
    {
        using var client = new EtcdClient(_etcd.Endpoint);
        client.SetCredentials("root", "secret");
        await client.PutAsync("/a", "1");
        client.ClearCredentials();

        await Assert.ThrowsAsync<RpcException>(() => client.PutAsync("/a", "2"));
    }

    [Fact]
    public void A_client_over_ready_made_calls_cannot_take_them()
    {
        using var owner = new EtcdClient(_etcd.Endpoint);
        using var client = new EtcdClient(owner.GetConnection());

        Assert.Throws<InvalidOperationException>(() => client.SetCredentials("root", "secret"));
    }
}
