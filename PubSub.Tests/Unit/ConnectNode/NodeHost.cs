using System.Collections.Concurrent;
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

    public OutboxGauge Outbox => _app.Services.GetRequiredService<OutboxGauge>();

    public static async Task<NodeHost> StartAsync(Action<NodeOptions>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(PubSub.ConnectNode.Sockets.LeanDoor.Open);
        var options = new NodeOptions();
        configure?.Invoke(options);
        var upstream = new MemoryUpstream();
        builder.Services.AddSingleton(Options.Create(options)).AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(new ServiceIdentity("connect-node", "node-under-test", "1"));
        builder.Services.AddSingleton<IControllerUplink>(upstream).AddSingleton<IPushUplink>(upstream);
        builder.Services.AddNodeEngine();
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
internal sealed class MemoryUpstream : IControllerUplink, IPushUplink
{
    public const long Epoch = 1_700_000_000_000_000;

    private readonly ConcurrentDictionary<string, List<ChannelMessage>> _logs = new();

    public bool IsAway { get; set; }

    public ConcurrentQueue<SessionChange> Changes { get; } = new();

    public int Reads { get; private set; }

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

    public Task<LogSlice> ReadLogAsync(LogRange range, CancellationToken cancellationToken)
    {
        Reads++;
        var slice = new LogSlice { Channel = range.Channel, End = new Position(), Complete = true };
        if (_logs.TryGetValue(range.Channel, out var log))
        {
            lock (log)
            {
                slice.End = log[^1].Position;
                slice.FirstOffset = 1;
                slice.Messages.Add(log.Where(message => message.Position.Offset > range.After.Offset).Take(range.Limit));
            }
        }

        return Task.FromResult(slice);
    }
}
