using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;
using PubSub.ConnectNode.Sockets.Tls;

namespace PubSub.ConnectNode.Sockets.Lean;

/// <summary>
/// The way in on Linux, in the place of Kestrel's own: a plaintext WebSocket never becomes a connection of the server,
/// whose pipes, tasks and features would cost more than the session itself and stay as long. Elsewhere, and for TLS and
/// every other request, Kestrel does it all.
/// </summary>
internal sealed class LeanListenerFactory(IServiceProvider services, IOptions<NodeOptions> options, IOptions<TlsOptions> tls, ILoggerFactory loggers)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector, IDisposable
{
    private const int Backlog = 4096;

    private readonly SocketConnectionContextFactory _contexts = new(new SocketConnectionFactoryOptions(), loggers.CreateLogger<SocketConnectionContextFactory>());
    private Poller[] _pollers = [];

    // Not with TLS: it takes what is plaintext, and at that door nothing may be.
    public bool CanBind(EndPoint endpoint) => options.Value.LeanSockets && !tls.Value.IsOn && OperatingSystem.IsLinux() && endpoint is IPEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        socket.Listen(Backlog);
        if (_pollers.Length == 0)
        {
            // One core reads while the other delivers; reading is the lesser work.
            _pollers = [.. Enumerable.Range(0, Math.Max(1, Environment.ProcessorCount / 2)).Select(static i => new Poller($"sockets {i}"))];
            Array.ForEach(_pollers, static poller => poller.Start());
        }

        // Not in the constructor: the door needs what needs the server.
        var door = services.GetRequiredService<WebSocketDoor>();
        return ValueTask.FromResult<IConnectionListener>(new LeanListener(socket, _pollers, door, _contexts, loggers.CreateLogger<LeanListener>()));
    }

    public void Dispose()
    {
        Array.ForEach(_pollers, static poller => poller.Dispose());
        _contexts.Dispose();
    }
}
