using System.Net;
using System.Net.Sockets;

namespace PubSub.Tests.Wire.Grpc.Hostile;

/// <summary>Plays one script to everyone who connects. A script that returns closes its connection.</summary>
internal sealed class RawHttp2Server : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Func<RawHttp2Connection, Task> _script;
    private readonly Task _accepting;
    private int _connections;

    public RawHttp2Server(Func<RawHttp2Connection, Task> script)
    {
        _script = script;
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync();
    }

    public Uri Address { get; }

    public int Connections => Volatile.Read(ref _connections);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        var playing = new List<Task>();
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stopping.Token);
                socket.NoDelay = true;
                Interlocked.Increment(ref _connections);
                playing.Add(PlayAsync(socket));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(playing);
        }
    }

    private async Task PlayAsync(Socket socket)
    {
        using var connection = new RawHttp2Connection(socket, _stopping.Token);
        try
        {
            await _script(connection);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client left first, or the test is over.
        }
    }
}
