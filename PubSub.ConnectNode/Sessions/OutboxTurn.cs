namespace PubSub.ConnectNode.Sessions;

/// <summary>
/// The turn to write. As long as nothing waits it is taken and given back by one atomic step; as soon as there is more to
/// decide, whoever holds the outbox' lock decides alone.
/// </summary>
internal struct OutboxTurn
{
    private const byte Locked = 0;
    private const byte Free = 1;
    private const byte Taken = 2;

    private byte _state;

    /// <summary>True: the caller writes, and nothing waits before what it brings.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Free) == Free;

    /// <summary>False: something has come meanwhile, and the lock has to be asked.</summary>
    public bool TryGiveBack() => Interlocked.CompareExchange(ref _state, Free, Taken) == Taken;

    /// <summary>From now on only the lock's holder decides, who learns whether somebody writes.</summary>
    public void Lock(ref bool isTaken)
    {
        var before = Interlocked.Exchange(ref _state, Locked);
        if (before != Locked)
            isTaken = before == Taken;
    }

    public void Unlock(bool isTaken) => Volatile.Write(ref _state, isTaken ? Taken : Free);
}
