namespace Grpc.Core;

/// <summary>The outgoing messages of a call. One write at a time.</summary>
public interface IAsyncStreamWriter<in T>
{
    WriteOptions? WriteOptions { get; set; }

    Task WriteAsync(T message);

    /// <summary>A write that can be given up. A writer that cannot do that refuses the token.</summary>
    Task WriteAsync(T message, CancellationToken cancellationToken) =>
        cancellationToken.CanBeCanceled
            ? throw new NotSupportedException($"{GetType()} cannot cancel a single write.")
            : WriteAsync(message);
}

/// <summary>The client's outgoing messages, which end when it says so.</summary>
public interface IClientStreamWriter<in T> : IAsyncStreamWriter<T>
{
    Task CompleteAsync();
}

/// <summary>The server's outgoing messages, which end when the method returns.</summary>
public interface IServerStreamWriter<in T> : IAsyncStreamWriter<T>
{
}
