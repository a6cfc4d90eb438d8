using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace PubSub.Tests.Wire.Etcd;

/// <summary>A piece of wire in front of a server. While it is cut, every connection through it breaks at once.</summary>
internal sealed class CuttableWire : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<Task> _lines = [];
    private readonly CancellationTokenSource _ending = new();
    private readonly int _serverPort;
    private readonly Task _accepting;
    private CancellationTokenSource _whole = new();

    public CuttableWire(int serverPort)
    {
        _serverPort = serverPort;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Endpoint => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>Returns when nothing can come through any more.</summary>
    public async Task CutAsync()
    {
        await _whole.CancelAsync();
        await Task.WhenAll(_lines);
    }

    public void Mend() => _whole = new CancellationTokenSource();

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _accepting;
        await CutAsync();
        _listener.Stop();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _lines.Add(CarryAsync(await _listener.AcceptSocketAsync(_ending.Token), _whole.Token));
        }
        catch (OperationCanceledException)
        {
            // The end of the test.
        }
    }

    private async Task CarryAsync(Socket client, CancellationToken whole)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using (client)
        {
            try
            {
                (client.NoDelay, server.NoDelay) = (true, true);
                await server.ConnectAsync(IPAddress.Loopback, _serverPort, whole);
                var (there, back) = (PumpAsync(client, server, whole), PumpAsync(server, client, whole));
                await Task.WhenAny(there, back);
            }
            catch (Exception broken) when (broken is SocketException or OperationCanceledException)
            {
                // Both sides see the end when their sockets are closed.
            }
        }
    }

    private static async Task PumpAsync(Socket from, Socket to, CancellationToken whole)
    {
        try
        {
            var buffer = new byte[16 * 1024];
            while (await from.ReceiveAsync(buffer, whole) is > 0 and var count)
                await to.SendAsync(buffer.AsMemory(0, count), whole);
        }
        catch (Exception broken) when (broken is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The other direction ends too.
        }
    }
}
