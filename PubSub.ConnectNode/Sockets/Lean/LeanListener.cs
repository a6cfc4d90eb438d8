using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace PubSub.ConnectNode.Sockets.Lean;

/// <summary>One bound address: takes its plaintext WebSockets for the node and gives all others to Kestrel.</summary>
internal sealed partial class LeanListener : IConnectionListener, IPolled
{
    private const int MostAtOnce = 64;
    private const int WouldBlock = 11;
    private const int Aborted = 103;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Socket _socket;
    private readonly Poller[] _pollers;
    private readonly WebSocketDoor _door;
    private readonly SocketConnectionContextFactory _contexts;
    private readonly ILogger _logger;
    private readonly Channel<ConnectionContext> _others = Channel.CreateUnbounded<ConnectionContext>(new UnboundedChannelOptions { SingleReader = true });

    // Who has connected and said nothing. Kestrel's own time limit begins only when it gets the connection.
    private readonly Queue<(Newcomer Newcomer, long Until)> _silent = new();
    private readonly int _place;
    private PollEvents _watched;
    private int _turn;
    private bool _isClosed;

    public LeanListener(Socket socket, Poller[] pollers, WebSocketDoor door, SocketConnectionContextFactory contexts, ILogger logger)
    {
        _socket = socket;
        _pollers = pollers;
        _door = door;
        _contexts = contexts;
        _logger = logger;
        _socket.Blocking = false;
        EndPoint = socket.LocalEndPoint!;
        _place = Home.Enter(this);
        Home.Ticked += Tick;
        Watch(PollEvents.Readable);
    }

    public EndPoint EndPoint { get; }

    private Poller Home => _pollers[0];

    public void Ready(PollEvents events)
    {
        try
        {
            AcceptMany();
        }
        catch (ObjectDisposedException)
        {
            // Unbound meanwhile.
        }
    }

    public void Fail(Exception error) => LogFailed(EndPoint, error);

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _others.Reader.WaitToReadAsync(cancellationToken))
        {
            if (_others.Reader.TryRead(out var connection))
                return connection;
        }

        return null;
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        lock (_silent)
        {
            if (_isClosed)
                return ValueTask.CompletedTask;
            Home.Ticked -= Tick;
            Watch(PollEvents.None);
            _isClosed = true;
            Home.Leave(_place);
        }

        _socket.Dispose();
        _others.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => UnbindAsync();

    private void AcceptMany()
    {
        for (var i = 0; i < MostAtOnce; i++)
        {
            if (NativeSocket.Accept(_socket.SafeHandle, out var error) is { } socket)
            {
                Welcome(socket);
                continue;
            }

            if (error is not (WouldBlock or Aborted))
            {
                // Out of descriptors, most likely: those who wait will be looked at again with the next tick.
                LogCannotAccept(EndPoint, error);
                Watch(PollEvents.None);
            }

            if (error != Aborted)
                return;
        }
    }

    private void Welcome(NativeSocket socket)
    {
        var newcomer = new Newcomer(_pollers[_turn++ % _pollers.Length], socket, _door, HandOver);
        lock (_silent)
            _silent.Enqueue((newcomer, Environment.TickCount64 + (long)Patience.TotalMilliseconds));
        newcomer.Begin();
    }

    private void HandOver(NativeSocket native)
    {
        var connection = _contexts.Create(new Socket(new SafeSocketHandle(native.Detach(), ownsHandle: true)));
        if (!_others.Writer.TryWrite(connection))
            connection.Abort();
    }

    private void Tick()
    {
        lock (_silent)
        {
            if (_isClosed)
                return;
            Watch(PollEvents.Readable);
            while (_silent.TryPeek(out var oldest) && oldest.Until <= Environment.TickCount64)
                _silent.Dequeue().Newcomer.Cut();
        }
    }

    private void Watch(PollEvents events)
    {
        lock (_silent)
        {
            if (_isClosed)
                return;
            Home.Watch(_place, _socket.SafeHandle, _watched, events);
            _watched = events;
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "{EndPoint} takes no connection for a second: accept failed with errno {Error} (24: the process has all the descriptors that it may have, see ulimit -n)")]
    private partial void LogCannotAccept(EndPoint endPoint, int error);

    [LoggerMessage(2, LogLevel.Error, "{EndPoint} failed on a new connection")]
    private partial void LogFailed(EndPoint endPoint, Exception error);
}
