namespace Grpc.Core;

/// <summary>The incoming messages of a call, in order.</summary>
public interface IAsyncStreamReader<out T>
{
    T Current { get; }

    /// <summary>Waits for the next message; false when the other side has completed its stream.</summary>
    Task<bool> MoveNext(CancellationToken cancellationToken);
}
