using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace PubSub.Tests.Cluster;

/// <summary>What a person can put right ends with one message, without a stack trace, and exit code 1.</summary>
public sealed class AppHostSaysWhatToDo
{
    [Fact]
    public async Task A_port_is_in_use()
    {
        using var inTheWay = Occupy(8090);
        await using var host = new AppHostProcess(null);

        Assert.Equal(1, await host.ExitCodeAsync());
        Assert.Contains("Port 8090 is in use, and biz-server needs it.", host.Output, StringComparison.Ordinal);
        Assert.Contains("--DcpPublisher:RandomizePorts=true", host.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", host.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("51")]
    [InlineData("three")]
    public async Task The_number_of_nodes_is_out_of_range(string count)
    {
        await using var host = new AppHostProcess(null, $"--ConnectNodes={count}");

        Assert.Equal(1, await host.ExitCodeAsync());
        Assert.Equal($"PubSub.AppHost: ConnectNodes is '{count}'; allowed is 1 to 50.", host.Output.Trim());
    }

    [Fact]
    public async Task A_service_does_not_become_healthy()
    {
        var nowhere = new Dictionary<string, string> { ["ConnectionStrings__redis"] = "127.0.0.1:1" };
        await using var host = new AppHostProcess(nowhere, [.. AppHostProcess.OnFreePorts, "--AppHost:StartTimeoutSeconds=5"]);

        Assert.Equal(1, await host.ExitCodeAsync());
        Assert.Contains("controller runs, but is not healthy after 5 s", host.Output, StringComparison.Ordinal);
        Assert.Contains("Its last lines:", host.Output, StringComparison.Ordinal);
        Assert.Equal(0, host.Processes);
    }

    [Fact]
    public async Task A_program_is_missing()
    {
        var missing = new Dictionary<string, string> { ["PUBSUB_REDIS_SERVER"] = "/nowhere/redis-server" };
        await using var host = new AppHostProcess(missing, AppHostProcess.OnFreePorts);

        Assert.Equal(1, await host.ExitCodeAsync());
        Assert.Contains("PUBSUB_REDIS_SERVER names /nowhere/redis-server", host.Output, StringComparison.Ordinal);
        Assert.Contains("set ConnectionStrings__redis to its address", host.Output, StringComparison.Ordinal);
        Assert.Equal(0, host.Processes);
    }

    [Fact]
    public async Task The_manifest_is_written_and_nothing_started()
    {
        var folder = Directory.CreateTempSubdirectory("pubsub-manifest-").FullName;
        await using var host = new AppHostProcess(null, "--publisher", "manifest", "--output-path", folder);

        Assert.True(await host.ExitCodeAsync() == 0, host.Output);
        using var manifest = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "aspire-manifest.json")));
        var resources = manifest.RootElement.GetProperty("resources");
        var controller = resources.GetProperty("controller");
        Assert.Equal("project.v0", controller.GetProperty("type").GetString());
        Assert.Equal("{redis.connectionString}", controller.GetProperty("env").GetProperty("ConnectionStrings__redis").GetString());
        Assert.Equal("{controller.bindings.grpc.targetPort}", controller.GetProperty("env").GetProperty("GRPC_PORT").GetString());
        Assert.Equal("http2", controller.GetProperty("bindings").GetProperty("grpc").GetProperty("transport").GetString());
        Assert.EndsWith(
            "--appendonly yes --appendfsync always",
            resources.GetProperty("redis").GetProperty("args")[1].GetString(), StringComparison.Ordinal);
        Assert.True(resources.GetProperty("redis-password").GetProperty("inputs").GetProperty("value").GetProperty("secret").GetBoolean());
        Assert.True(resources.GetProperty("connect-node-1").GetProperty("bindings").GetProperty("http").GetProperty("external").GetBoolean());
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Holds the port, unless somebody else does, which is as good.</summary>
    private static TcpListener? Occupy(int port)
    {
        var listener = new TcpListener(IPAddress.Any, port);
        try
        {
            listener.Start();
            return listener;
        }
        catch (SocketException)
        {
            listener.Dispose();
            return null;
        }
    }
}
