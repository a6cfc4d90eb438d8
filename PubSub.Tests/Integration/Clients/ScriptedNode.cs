using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using PubSub.Client;
using PubSub.Protocol.Frames;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Clients;

/// <summary>A WebSocket server that says what the test says: each rule of SPEC.md can be tried from the node's side.</summary>
internal sealed class ScriptedNode : IAsyncDisposable
{
    private readonly Channel<ScriptedSession> _sessions = Channel.CreateUnbounded<ScriptedSession>();
    private readonly WebApplication _app;

    private ScriptedNode(WebApplication app) => _app = app;

    public Uri Address { get; private set; } = null!;

    /// <summary>Answers the next handshakes with this instead of the upgrade.</summary>
    public (int Status, string RetryAfter)? Refusal { get; set; }

    /// <summary>Handshakes that came, refused ones too.</summary>
    public int Handshakes { get; private set; }

    public static async Task<ScriptedNode> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var node = new ScriptedNode(builder.Build());
        node._app.UseWebSockets();
        node._app.Run(node.HandleAsync);
        await node._app.StartAsync();
        node.Address = new UriBuilder(node._app.Urls.Single()) { Scheme = "ws", Path = "/ws" }.Uri;
        return node;
    }

    /// <summary>Options of a client that knows only this node, and comes back quickly.</summary>
    public PubSubClientOptions Options() => new()
    {
        Nodes = [Address],
        UserId = "alice",
        Reconnect = new ReconnectPolicy(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(50)),
    };

    public Task<ScriptedSession> NextAsync() => Wait.ForAsync(_sessions.Reader.ReadAsync().AsTask(), "a client to connect");

    /// <summary>The next session, greeted with <c>connected</c>.</summary>
    public async Task<ScriptedSession> GreetAsync()
    {
        var session = await NextAsync();
        await session.GreetAsync();
        return session;
    }

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await _app.StopAsync(patience.Token);
        await _app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        Handshakes++;
        if (Refusal is { } refusal)
        {
            context.Response.StatusCode = refusal.Status;
            if (refusal.RetryAfter.Length > 0)
                context.Response.Headers.RetryAfter = refusal.RetryAfter;
            return;
        }

        var binary = context.WebSockets.WebSocketRequestedProtocols.Contains(FrameCodec.ProtobufSubprotocol);
        var codec = binary ? FrameCodec.Protobuf : FrameCodec.Json;
        using var socket = await context.WebSockets.AcceptWebSocketAsync(codec.Subprotocol);
        var session = new ScriptedSession(socket, codec, context.Request.Query, context.Abort);
        await _sessions.Writer.WriteAsync(session);
        await session.ReadAsync(context.RequestAborted);
    }
}
