using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Pushing;

/// <summary>Answers ResolveChannels from a table that the test fills.</summary>
internal sealed class FakeController : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ChannelNodes> _channels = new();
    private WebApplication? _server;
    private int _calls;

    public int Port { get; } = FreePort.Next();

    public int Calls => Volatile.Read(ref _calls);

    public static async Task<FakeController> StartAsync()
    {
        var controller = new FakeController();
        await controller.StartServerAsync();
        return controller;
    }

    public void Route(string channel, params NodeIdentity[] nodes) => Route(channel, new LogSettings(), nodes);

    public void SetSlowReaders(string channel, SlowReaderPolicy policy) => _channels[channel].SlowReaders = policy;

    public void Route(string channel, LogSettings log, params NodeIdentity[] nodes) =>
        _channels[channel] = new ChannelNodes { Channel = channel, RoomExists = true, Log = log, Nodes = { nodes } };

    public async Task StartServerAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(Port, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(host => host.ShutdownTimeout = TimeSpan.Zero);
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(this);
        builder.Services.AddSingleton<Door>();
        _server = builder.Build();
        _server.MapGrpcService<Door>();
        await _server.StartAsync();
    }

    public async Task KillAsync()
    {
        if (_server is null)
            return;
        await _server.StopAsync(new CancellationToken(canceled: true));
        await _server.DisposeAsync();
        _server = null;
    }

    public async ValueTask DisposeAsync() => await KillAsync();

    private sealed class Door(FakeController controller) : ControllerService.ControllerServiceBase
    {
        public override Task<ResolveChannelsReply> ResolveChannels(ResolveChannelsRequest request, ServerCallContext context)
        {
            Interlocked.Increment(ref controller._calls);
            var reply = new ResolveChannelsReply();
            foreach (var channel in request.Channels)
                reply.Channels.Add(controller._channels.GetValueOrDefault(channel) ?? new ChannelNodes { Channel = channel });
            return Task.FromResult(reply);
        }
    }
}
