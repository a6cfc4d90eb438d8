namespace PubSub.Tests.Infrastructure.Network;

/// <summary>A wire in front of each door through which the processes of a cluster reach each other.</summary>
internal sealed class ClusterWires(NetworkCut cut) : IAsyncDisposable
{
    private readonly Dictionary<int, TcpProxy> _wires = [];
    private readonly HashSet<int> _processes = [];

    /// <summary>The port under which others reach a door.</summary>
    public int To(int port)
    {
        lock (_wires)
        {
            if (_wires.TryGetValue(port, out var wire))
                return wire.Port;
            wire = _wires[port] = new TcpProxy(cut, Processes);
            wire.LeadTo(port, processId: 0);
            return wire.Port;
        }
    }

    /// <summary>The door belongs to this process: cutting it off cuts this wire.</summary>
    public void Belongs(int port, int processId)
    {
        lock (_wires)
        {
            _processes.Add(processId);
            _wires[port].LeadTo(port, processId);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var wire in _wires.Values)
            await wire.DisposeAsync();
    }

    private int[] Processes()
    {
        lock (_wires)
            return [.. _processes];
    }
}
