using System.Net;
using System.Net.Sockets;

namespace PubSub.Tests.Infrastructure.Network;

/// <summary>A piece of wire in front of a port: carries bytes both ways until a <see cref="NetworkCut"/> holds them up.</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private const int Looks = 5;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly NetworkCut _cut;
    private readonly Func<IEnumerable<int>> _processes;
    private readonly Task _accepting;
    private int _targetPort;
    private int _targetProcess;

    /// <param name="cut">Who is cut off.</param>
    /// <param name="processes">The processes whose connections may come here.</param>
    public TcpProxy(NetworkCut cut, Func<IEnumerable<int>> processes)
    {
        _cut = cut;
        _processes = processes;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Where connections go from now on.</summary>
    public void LeadTo(int port, int processId) => (_targetPort, _targetProcess) = (port, processId);

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_ending.IsCancellationRequested)
            _ = CarryAsync(await _listener.AcceptSocketAsync(_ending.Token));
    }

    private async Task CarryAsync(Socket from)
    {
        using var to = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using (from)
        {
            try
            {
                var line = new Line(((IPEndPoint)from.RemoteEndPoint!).Port);
                await WholeAsync(line);
                (from.NoDelay, to.NoDelay) = (true, true);
                await to.ConnectAsync(IPAddress.Loopback, _targetPort, _ending.Token);
                await Task.WhenAny(PumpAsync(from, to, line), PumpAsync(to, from, line)).Unwrap();
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // One side ended; the other sees the end too.
            }
        }
    }

    private async Task PumpAsync(Socket from, Socket to, Line line)
    {
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var count = await from.ReceiveAsync(buffer, _ending.Token);
            await WholeAsync(line);
            if (count == 0)
                return;
            for (var sent = 0; sent < count;)
                sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), _ending.Token);
        }
    }

    private async Task WholeAsync(Line line)
    {
        if (!_cut.IsAnybodyCutOff)
            return;
        // Asked only now: when a connection is made, its process may not be known to the test yet.
        line.Owner ??= FindOwner(line) ?? 0;
        await _cut.WholeAsync(line.Owner.Value).WaitAsync(_ending.Token);
        await _cut.WholeAsync(line.Owner.Value, _targetPort).WaitAsync(_ending.Token);
        await _cut.WholeAsync(_targetProcess).WaitAsync(_ending.Token);
    }

    private int? FindOwner(Line line)
    {
        // The kernel's list of sockets is read in pieces and leaves some out where others go meanwhile.
        for (var look = 0; look < Looks; look++)
        {
            if (SocketOwner.Of(line.Port, Port, _processes()) is { } owner)
                return owner;
        }

        return null;
    }

    private sealed class Line(int port)
    {
        public int Port { get; } = port;

        public int? Owner { get; set; }
    }
}
