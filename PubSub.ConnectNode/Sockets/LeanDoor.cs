using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace PubSub.ConnectNode.Sockets;

/// <summary>
/// The short way in for plaintext WebSockets: takes the connection before Kestrel makes an HTTP connection of it, whose
/// parts would stay as long as the session and cost more memory than the session itself. Only what is whole, plain and
/// welcome is taken; everything else (other requests, TLS, heads in pieces, whatever is to be refused) goes on to Kestrel
/// untouched, so there is one place that says no.
/// </summary>
internal sealed class LeanDoor : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private readonly WebSocketDoor _door;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    // Who has connected and said nothing. Kestrel's own time limit begins only when it gets the connection.
    private readonly ConcurrentDictionary<ConnectionContext, long> _silent = new();

    public LeanDoor(WebSocketDoor door, TimeProvider time)
    {
        _door = door;
        _time = time;
        _timer = time.CreateTimer(_ => CutSilent(), null, Period, Period);
    }

    public static void Open(KestrelServerOptions kestrel) => kestrel.ConfigureEndpointDefaults(static listen => listen.Use(next =>
    {
        var door = listen.ApplicationServices.GetRequiredService<LeanDoor>();
        return connection => door.TakeAsync(connection, next);
    }));

    public void Dispose() => _timer.Dispose();

    private Task TakeAsync(ConnectionContext connection, ConnectionDelegate next) =>
        connection.Features.Get<IConnectionSocketFeature>() is { } plain ? TakeAsync(connection, plain, next) : next(connection);

    private async Task TakeAsync(ConnectionContext connection, IConnectionSocketFeature plain, ConnectionDelegate next)
    {
        if (await ReadVisitAsync(connection) is { } visit)
            await _door.ServeAsync(connection.Transport, plain.Socket, connection.Abort, visit);
        else
            await next(connection);
    }

    /// <summary>Null: not for us, and not a byte is taken.</summary>
    private async ValueTask<WebSocketVisit?> ReadVisitAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        if (!input.TryRead(out var read))
        {
            _silent[connection] = _time.GetTimestamp();
            try
            {
                read = await input.ReadAsync();
            }
            catch (Exception error) when (error is IOException or OperationCanceledException)
            {
                // Kestrel meets the same end at its first read.
                return null;
            }
            finally
            {
                _silent.TryRemove(connection, out _);
            }
        }

        var visit = Read(read.Buffer, out var head);
        input.AdvanceTo(visit is null ? read.Buffer.Start : read.Buffer.GetPosition(head));
        return visit;
    }

    private WebSocketVisit? Read(in ReadOnlySequence<byte> bytes, out int head)
    {
        head = 0;
        return UpgradeHead.Read(bytes.FirstSpan, out head) is { } request ? _door.Welcome(request) : null;
    }

    private void CutSilent()
    {
        foreach (var (connection, since) in _silent)
        {
            if (_time.GetElapsedTime(since) > Patience)
                connection.Abort();
        }
    }
}
