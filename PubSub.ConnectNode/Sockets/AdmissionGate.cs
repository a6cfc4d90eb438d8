using Microsoft.Extensions.Options;
using PubSub.ConnectNode.Sessions;

namespace PubSub.ConnectNode.Sockets;

/// <summary>Who may come in: so many at once, and so many per second.</summary>
internal sealed class AdmissionGate(SessionTable sessions, IOptions<NodeOptions> options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private long _second;
    private int _inSecond;
    private volatile bool _closed;

    public void Close() => _closed = true;

    /// <summary>Null: welcome. Otherwise the reason, as a metric's tag and for people.</summary>
    public (string Reason, string Text)? Refusal()
    {
        if (_closed)
            return ("stopping", "This node is stopping; connect to another.");
        if (sessions.Count >= options.Value.MaxConnections)
            return ("full", $"This node has all the {options.Value.MaxConnections} connections that it takes; connect to another.");
        if (options.Value.MaxConnectsPerSecond == 0)
            return null;

        var second = time.GetTimestamp() / time.TimestampFrequency;
        lock (_lock)
        {
            if (second != _second)
                (_second, _inSecond) = (second, 0);
            if (++_inSecond <= options.Value.MaxConnectsPerSecond)
                return null;
        }

        return ("rate", "Too many connect to this node at this moment; try again in a second.");
    }
}
