namespace PubSub.PushManager.Links;

/// <summary>Collects what became of one message on the nodes that it was handed to.</summary>
internal sealed class PushReceipt
{
    private readonly int _nodes;
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _pending;
    private int _nodesReached;
    private int _sessionsReached;

    public PushReceipt(int nodes)
    {
        _nodes = nodes;
        _pending = nodes;
    }

    public int NodesReached => Volatile.Read(ref _nodesReached);

    public int SessionsReached => Volatile.Read(ref _sessionsReached);

    /// <summary>Nodes that did not take the message, or not yet.</summary>
    public int NodesMissed => _nodes - NodesReached;

    /// <summary>Every node took the message or is known not to.</summary>
    public Task Complete => _complete.Task;

    public void Reached(int sessions)
    {
        Interlocked.Add(ref _sessionsReached, sessions);
        Interlocked.Increment(ref _nodesReached);
        CountDown();
    }

    public void Missed() => CountDown();

    private void CountDown()
    {
        if (Interlocked.Decrement(ref _pending) == 0)
            _complete.TrySetResult();
    }
}
