namespace PubSub.Tests.Infrastructure.Network;

/// <summary>A wire in front of a door of a process, whose bytes a <see cref="NetworkCut"/> holds up.</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private const int Looks = 5;

    private readonly NetworkCut _cut;
    private readonly Func<IEnumerable<int>> _processes;
    private readonly TcpRelay _relay;
    private int _targetPort;
    private int _targetProcess;

    /// <param name="cut">Who is cut off.</param>
    /// <param name="processes">The processes whose connections may come here.</param>
    public TcpProxy(NetworkCut cut, Func<IEnumerable<int>> processes)
    {
        _cut = cut;
        _processes = processes;
        _relay = new TcpRelay(() => _targetPort, port =>
        {
            var line = new Line(port);
            return ending => WholeAsync(line, ending);
        });
    }

    public int Port => _relay.Port;

    /// <summary>Where connections go from now on.</summary>
    public void LeadTo(int port, int processId) => (_targetPort, _targetProcess) = (port, processId);

    public ValueTask DisposeAsync() => _relay.DisposeAsync();

    private async Task WholeAsync(Line line, CancellationToken ending)
    {
        if (!_cut.IsAnybodyCutOff)
            return;
        // Asked only now: when a connection is made, its process may not be known to the test yet.
        line.Owner ??= FindOwner(line) ?? 0;
        await _cut.WholeAsync(line.Owner.Value).WaitAsync(ending);
        await _cut.WholeAsync(line.Owner.Value, _targetPort).WaitAsync(ending);
        await _cut.WholeAsync(_targetProcess).WaitAsync(ending);
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
