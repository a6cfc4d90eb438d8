namespace PubSub.ConnectNode.Sockets;

/// <summary>Where the bytes of one session leave. Used by one writer at a time.</summary>
internal abstract class FrameSink : IDisposable
{
    /// <summary>Called when a drain has ended, with true where all bytes are gone. Never inside <see cref="Drain"/>.</summary>
    public Action<bool>? Drained { get; set; }

    /// <summary>What it has taken reaches the peer also where the connection is aborted right after <see cref="Finish"/>.</summary>
    public virtual bool OutlivesAbort => true;

    /// <summary>It will be used in a moment.</summary>
    public virtual void Prefetch()
    {
    }

    /// <summary>Sends what goes without waiting. False: the connection is gone.</summary>
    public abstract bool TrySend(ReadOnlyMemory<byte> bytes, out int sent);

    /// <summary>
    /// Sends the rest as the peer takes it; the memory stays untouched until the end is told. Null: the end will come by
    /// <see cref="Drained"/>, otherwise it is this.
    /// </summary>
    public abstract bool? Drain(ReadOnlyMemory<byte> rest);

    /// <summary>Says that no more will come, after what was sent.</summary>
    public abstract void Finish();

    public abstract void Dispose();
}
