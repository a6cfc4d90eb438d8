using dotnet_etcd;
using Grpc.Core;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Wire.Etcd;

public sealed class EtcdWrongEndpointsAreToldClearly
{
    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void No_endpoint_at_all(string endpoints) =>
        Assert.Throws<ArgumentNullException>(() => new EtcdClient(endpoints));

    [Theory]
    [InlineData("http://")]
    [InlineData("http://a:99999")]
    [InlineData("http://localhost:2379,http://[")]
    public void Something_that_is_no_address(string endpoints) =>
        Assert.Throws<UriFormatException>(() => new EtcdClient(endpoints));

    [Theory]
    [InlineData("127.0.0.1:{0}", 1)]
    [InlineData("http://127.0.0.1:{0}", 1)]
    [InlineData(" http://127.0.0.1:{0} ,127.0.0.1:{0}", 1)]
    [InlineData("127.0.0.1", 0)]
    public async Task Every_way_to_write_an_endpoint_connects(string pattern, int port)
    {
        await using var etcd = await EtcdProcess.StartAsync();
        var endpoints = string.Format(System.Globalization.CultureInfo.InvariantCulture, pattern, etcd.Port);
        using var client = new EtcdClient(endpoints, port == 0 ? etcd.Port : port);

        Assert.Equal("", await client.GetValAsync("/none", deadline: DateTime.UtcNow.AddSeconds(10)));
    }

    [Fact]
    public async Task A_port_where_nobody_listens()
    {
        using var client = EtcdClientWithoutRetries.Create($"http://127.0.0.1:{FreePort.Next()}");

        var call = await Assert.ThrowsAsync<RpcException>(() => client.GetAsync("/a"));
        var watch = await Assert.ThrowsAsync<RpcException>(() => client.WatchRangeAsync("/a", _ => { }));
        var blocking = Assert.Throws<RpcException>(() => client.WatchRange("/a", _ => { }));

        Assert.All([call, watch, blocking], error => Assert.Equal(StatusCode.Unavailable, error.StatusCode));
        Assert.Contains("refused", call.Status.DebugException!.GetBaseException().Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_no_etcd()
    {
        await using var redis = await RedisProcess.StartAsync();
        using var client = EtcdClientWithoutRetries.Create($"http://127.0.0.1:{redis.Port}");

        var error = await Assert.ThrowsAsync<RpcException>(() => client.GetAsync("/a", deadline: DateTime.UtcNow.AddSeconds(10)));

        Assert.NotEqual(StatusCode.DeadlineExceeded, error.StatusCode);
    }

    [Fact]
    public async Task A_disposed_client_says_so()
    {
        var client = new EtcdClient("http://127.0.0.1:1");
        client.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.GetAsync("/a"));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.WatchRangeAsync("/a", _ => { }));
    }
}
