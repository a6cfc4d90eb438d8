using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using PubSub.LocalTools;

namespace PubSub.Tests.Infrastructure.Checks;

public sealed class BackingProcessesObeyTheirTest
{
    [Fact]
    public async Task Killed_redis_is_gone_and_comes_back_on_the_same_port_with_its_data()
    {
        await using var redis = await RedisProcess.StartAsync(new RedisProcessOptions { AppendOnly = true });
        await redis.CommandAsync("SET", "kept", "yes");

        redis.Kill();
        await Assert.ThrowsAnyAsync<SocketException>(() => redis.CommandAsync("PING"));
        await redis.RestartAsync();

        Assert.Equal("yes", await redis.CommandAsync("GET", "kept"));
    }

    [Fact]
    public async Task Paused_redis_takes_a_connection_but_answers_only_when_resumed()
    {
        await using var redis = await RedisProcess.StartAsync();
        redis.Pause();

        var answer = redis.CommandAsync("PING");
        var first = await Task.WhenAny(answer, Task.Delay(TimeSpan.FromMilliseconds(300)));
        Assert.NotSame(answer, first);

        redis.Resume();
        Assert.Equal("PONG", await Wait.ForAsync(answer, "the answer after the pause"));
    }

    [Fact]
    public async Task Redis_with_a_password_refuses_those_without()
    {
        await using var redis = await RedisProcess.StartAsync(new RedisProcessOptions { Password = "secret" });

        Assert.Equal("PONG", await redis.CommandAsync("PING"));
        using var stranger = await RespConnection.OpenAsync(redis.Port);
        var refused = await Assert.ThrowsAsync<RespErrorException>(() => stranger.CommandAsync("PING"));
        Assert.StartsWith("NOAUTH", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_that_cannot_start_fails_with_what_it_printed()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => RedisProcess.StartAsync(new RedisProcessOptions { MoreArguments = ["--no-such-setting", "1"] }));

        Assert.Contains("no-such-setting", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cluster_of_three_sends_a_key_to_its_owner()
    {
        await using var cluster = await RedisCluster.StartAsync();
        var owner = await cluster.OwnerOfAsync("some-key");
        var other = cluster.Nodes.First(node => node != owner);

        Assert.Equal("OK", await owner.CommandAsync("SET", "some-key", "1"));
        var moved = await Assert.ThrowsAsync<RespErrorException>(() => other.CommandAsync("GET", "some-key"));
        Assert.StartsWith("MOVED", moved.Message, StringComparison.Ordinal);
        Assert.EndsWith(owner.Endpoint, moved.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Etcd_comes_back_on_the_same_port_after_a_kill()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        var before = etcd.Endpoint;

        etcd.Kill();
        await etcd.RestartAsync();

        Assert.Equal(before, etcd.Endpoint);
    }

    [Fact]
    public async Task Etcd_cluster_of_three_survives_the_loss_of_one()
    {
        await using var cluster = await EtcdCluster.StartAsync();

        cluster.Members[0].Kill();
        await cluster.Members[0].RestartAsync();

        Assert.Equal(3, cluster.Endpoints.Split(',').Distinct().Count());
    }

    [Fact]
    public async Task Children_die_with_a_host_that_is_killed()
    {
        var start = new ProcessStartInfo("dotnet", [typeof(BackingProcessesObeyTheirTest).Assembly.Location, "hold-redis"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var host = ChildProcess.Start(start);
        var line = await Wait.ForAsync(host.StandardOutput.ReadLineAsync(), "the host to tell the id of its redis");
        using var redis = Process.GetProcessById(int.Parse(line!, CultureInfo.InvariantCulture));

        host.Kill();

        await Wait.UntilAsync(() => redis.HasExited, $"redis {redis.Id} to die with its host");
    }
}
