using System.Collections.Concurrent;
using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using PubSub.ConnectNode;
using PubSub.ConnectNode.Channels;
using PubSub.ConnectNode.Delivery;
using PubSub.ConnectNode.Sessions;
using PubSub.ConnectNode.Sockets.Tls;
using PubSub.ConnectNode.Upstream;
using PubSub.Protocol;
using PubSub.ServiceDefaults;

namespace PubSub.Tests.Unit.ConnectNode;

/// <summary>A node on a free port, with controllers and push managers in memory.</summary>
internal sealed class NodeHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private NodeHost(WebApplication app, MemoryUpstream upstream)
    {
        _app = app;
        Upstream = upstream;
    }

    public MemoryUpstream Upstream { get; }

    public int Port => new Uri(_app.Urls.First()).Port;

    public SessionTable Sessions => _app.Services.GetRequiredService<SessionTable>();

    public ChannelTable Channels => _app.Services.GetRequiredService<ChannelTable>();

    public IServiceProvider Services => _app.Services;

    public OutboxGauge Outbox => _app.Services.GetRequiredService<OutboxGauge>();

    public static async Task<NodeHost> StartAsync(
        Action<NodeOptions>? configure = null, LogicForwardOptions? forward = null, Action<IServiceCollection>? services = null,
        TlsOptions? tls = null, TimeProvider? time = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.UseNodeCertificate()));
        var options = new NodeOptions();
        configure?.Invoke(options);
        var upstream = new MemoryUpstream();
        builder.Services.AddSingleton(Options.Create(options)).AddSingleton(time ?? TimeProvider.System);
        builder.Services.AddSingleton(Options.Create(tls ?? new TlsOptions()));
        builder.Services.AddSingleton(Options.Create(forward ?? new LogicForwardOptions()));
        builder.Services.AddSingleton(new ServiceIdentity("connect-node", "node-under-test", "1"));
        builder.Services.AddSingleton<IControllerUplink>(upstream).AddSingleton<IPushUplink>(upstream).AddSingleton<IDeviceUplink>(upstream);
        builder.Services.AddNodeEngine();
        services?.Invoke(builder.Services);
        var app = builder.Build();
        app.Map("/ws", app.Services.GetRequiredService<PubSub.ConnectNode.Sockets.WebSocketDoor>().HandleAsync);
        await app.StartAsync();
        return new NodeHost(app, upstream);
    }

    public void Deliver(ChannelMessage message) => Channels.LaneOf(message.Channel).Post(new LaneWork(message));

    public Task StopAsync() => _app.StopAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

/// <summary>Controllers and push managers that say yes, keep logs, and can go away.</summary>
internal sealed class MemoryUpstream : IControllerUplink, IPushUplink, IDeviceUplink
{
    public const long Epoch = 1_700_000_000_000_000;

    private readonly ConcurrentDictionary<string, List<ChannelMessage>> _logs = new();
    private readonly ConcurrentDictionary<(string Channel, string Device), Position> _cursors = new();
    private int _reads;

    public bool IsAway { get; set; }

    public ConcurrentQueue<SessionChange> Changes { get; } = new();

    public int Reads => Volatile.Read(ref _reads);

    public bool AreReadsAway { get; set; }

    /// <summary>What happens between the question and the answer.</summary>
    public Func<LogRange, Task>? BeforeRead { get; set; }

    /// <summary>Up to which offset a channel's log was cut.</summary>
    public ConcurrentDictionary<string, long> Lost { get; } = new();

    public ConcurrentQueue<DeviceCursor> Moves { get; } = new();

    public ConcurrentDictionary<(string User, string Device), string> Devices { get; } = new();

    /// <summary>What a registration waits for.</summary>
    public Task BeforeRegistration { get; set; } = Task.CompletedTask;

    public ChannelMessage Append(string channel, string data)
    {
        var log = _logs.GetOrAdd(channel, static _ => []);
        lock (log)
        {
            var message = new ChannelMessage
            {
                Channel = channel,
                MessageId = $"m{log.Count + 1}",
                Position = new Position { Epoch = Epoch, Offset = log.Count + 1 },
                Content = new Content { Data = data, Timestamp = 1 },
            };
            log.Add(message);
            return message;
        }
    }

    public Task<SessionChangeOutcome> ApplyAsync(SessionChange change, CancellationToken cancellationToken)
    {
        if (IsAway)
            return Task.FromResult(new SessionChangeOutcome { Code = (int)StatusCode.Unavailable, Error = "away" });
        Changes.Enqueue(change);
        return Task.FromResult(change.Join?.RoomId == "full"
            ? new SessionChangeOutcome { Code = (int)StatusCode.ResourceExhausted, Error = "room full has all its 100 users" }
            : new SessionChangeOutcome { UserCount = 1 });
    }

    public void Post(SessionChange change) => Changes.Enqueue(change);

    public Task<RoomInfo> GetRoomInfoAsync(string roomId, int maxMembers, CancellationToken cancellationToken) =>
        Task.FromResult(new RoomInfo { UserCount = 1, Members = { new RoomMember { UserId = "u1", UserName = "Ann", Devices = 2 } } });

    public Task<PushOutcome> PublishAsync(Push push, CancellationToken cancellationToken)
    {
        var message = Append(push.Channel, push.Content.Data);
        return Task.FromResult(new PushOutcome { Reply = new PushReply { MessageId = push.MessageId, Position = message.Position } });
    }

    public async Task<LogSlice> ReadLogAsync(LogRange range, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        if (BeforeRead is { } before)
            await before(range);
        if (AreReadsAway)
            throw new RpcException(new Status(StatusCode.Unavailable, "away"));
        var slice = new LogSlice { Channel = range.Channel, End = new Position(), After = range.After };
        if (range.FromCursor)
            slice.After = _cursors.GetValueOrDefault((range.Channel, range.DeviceId)) ?? new Position();
        if (_logs.TryGetValue(range.Channel, out var log))
        {
            lock (log)
            {
                var first = Lost.GetValueOrDefault(range.Channel) + 1;
                var after = slice.After.Epoch is 0 or Epoch ? slice.After.Offset : 0;
                slice.End = log[^1].Position;
                slice.FirstOffset = first;
                slice.Complete = slice.After.Epoch is 0 or Epoch && after + 1 >= first && after <= log.Count;
                var kept = log.Where(message => message.Position.Offset >= first && message.Position.Offset > after);
                slice.Messages.Add(range.FromEnd ? kept.TakeLast(range.Limit) : kept.Take(range.Limit));
            }
        }

        return slice;
    }

    public Task MoveCursorAsync(DeviceCursor cursor, CancellationToken cancellationToken)
    {
        Moves.Enqueue(cursor);
        _cursors[(cursor.Channel, cursor.DeviceId)] = cursor.Position;
        return Task.CompletedTask;
    }

    public async Task<RegisterDeviceReply> RegisterAsync(RegisterDeviceRequest request)
    {
        await BeforeRegistration;
        if (IsAway)
            throw new RpcException(new Status(StatusCode.Unavailable, "away"));
        Devices[(request.UserId, request.DeviceId)] = request.Token;
        return new RegisterDeviceReply { ExpiresAt = 42 };
    }

    public Task<RemoveDeviceReply> RemoveAsync(RemoveDeviceRequest request) =>
        Task.FromResult(new RemoveDeviceReply { Removed = Devices.TryRemove((request.UserId, request.DeviceId), out _) });
}
