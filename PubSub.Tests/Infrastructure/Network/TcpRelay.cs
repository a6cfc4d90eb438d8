using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace PubSub.Tests.Infrastructure.Network;

/// <summary>A piece of wire in front of a port: carries bytes both ways. While it is cut, every connection through it breaks at once.</summary>
internal sealed class TcpRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<Task> _lines = [];
    private readonly CancellationTokenSource _ending = new();
    private readonly Func<int> _target;
    private readonly Func<int, Func<CancellationToken, Task>> _gateOf;
    private readonly Task _accepting;
    private CancellationTokenSource _whole = new();

    public TcpRelay(int target)
        : this(() => target, static _ => static _ => Task.CompletedTask)
    {
    }

    /// <param name="target">The port to which the next connection goes.</param>
    /// <param name="gateOf">Gives, for the port that a connection comes from, what it waits for before each piece of bytes.</param>
    public TcpRelay(Func<int> target, Func<int, Func<CancellationToken, Task>> gateOf)
    {
        _target = target;
        _gateOf = gateOf;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

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
        _ending.Dispose();
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
                var gate = _gateOf(((IPEndPoint)client.RemoteEndPoint!).Port);
                await gate(whole);
                await server.ConnectAsync(IPAddress.Loopback, _target(), whole);
                await Task.WhenAny(PumpAsync(client, server, gate, whole), PumpAsync(server, client, gate, whole));
            }
            catch (Exception broken) when (broken is SocketException or OperationCanceledException)
            {
                // Both sides see the end when their sockets are closed.
            }
        }
    }

    private static async Task PumpAsync(Socket from, Socket to, Func<CancellationToken, Task> gate, CancellationToken whole)
    {
        try
        {
            var buffer = new byte[16 * 1024];
            while (true)
            {
                var count = await from.ReceiveAsync(buffer, whole);
                await gate(whole);
                if (count == 0)
                    return;
                for (var sent = 0; sent < count;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), whole);
            }
        }
        catch (Exception broken) when (broken is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The other direction ends too.
        }
    }
}
