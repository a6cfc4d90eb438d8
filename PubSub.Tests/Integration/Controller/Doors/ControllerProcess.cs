using System.Globalization;
using Grpc.Core;
using Grpc.Net.Client;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Controller.Doors;

/// <summary>A controller as users start it, with a Redis of its own, and an etcd where one is given.</summary>
internal sealed class ControllerProcess : IAsyncDisposable
{
    private readonly GrpcChannel _channel;

    private ControllerProcess(RedisProcess redis, ServiceProcess process, int port)
    {
        (Redis, Process) = (redis, process);
        _channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        Calls = new ControllerService.ControllerServiceClient(_channel);
    }

    public RedisProcess Redis { get; }

    public ServiceProcess Process { get; }

    public ControllerService.ControllerServiceClient Calls { get; }

    public ChannelBase Channel => _channel;

    public static async Task<ControllerProcess> StartAsync(
        EtcdProcess etcd, params (string Name, string Value)[] settings)
    {
        var redis = await RedisProcess.StartAsync();
        var port = FreePort.Next();
        var environment = new Dictionary<string, string>
        {
            ["REDIS_CONNECTION"] = redis.Endpoint,
            ["ETCD_ENDPOINTS"] = etcd.Endpoint,
            ["ADVERTISED_ADDRESS"] = "127.0.0.1",
            ["GRPC_PORT"] = port.ToString(CultureInfo.InvariantCulture),
        };
        foreach (var (name, value) in settings)
            environment[name] = value;
        try
        {
            return new ControllerProcess(redis, await ServiceProcess.StartAsync("PubSub.Controller", "controller-1", environment), port);
        }
        catch
        {
            await redis.DisposeAsync();
            throw;
        }
    }

    public async Task RegisterAsync(string node, long incarnation = 1) =>
        await Calls.RegisterNodeAsync(new RegisterNodeRequest { NodeId = node, Incarnation = incarnation });

    public async Task OnlineAsync(string user, string node, string room = "", string session = "") =>
        await Calls.NotifyUserOnlineAsync(
            new NotifyUserOnlineRequest { UserId = user, NodeId = node, RoomId = room, SessionId = session });

    public async Task<long> KeyCountAsync() => (long)(await Redis.CommandAsync("DBSIZE"))!;

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await Process.DisposeAsync();
        await Redis.DisposeAsync();
    }
}

/// <summary>One controller process for the tests that neither kill it nor its Redis; each uses ids of its own.</summary>
public sealed class ControllerFixture : IAsyncLifetime
{
    private EtcdProcess? _etcd;

    internal ControllerProcess Controller { get; private set; } = null!;

    internal EtcdProcess Etcd => _etcd!;

    public async Task InitializeAsync()
    {
        _etcd = await EtcdProcess.StartAsync();
        Controller = await ControllerProcess.StartAsync(_etcd);
    }

    public async Task DisposeAsync()
    {
        await Controller.DisposeAsync();
        await _etcd!.DisposeAsync();
    }
}

[CollectionDefinition(Name)]
public sealed class SharedController : ICollectionFixture<ControllerFixture>
{
    public const string Name = "shared controller";
}
