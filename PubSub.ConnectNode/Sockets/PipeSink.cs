using System.IO.Pipelines;
using System.Net.Security;

namespace PubSub.ConnectNode.Sockets;

/// <summary>TLS, and every transport that is no socket: by the connection's pipe.</summary>
/// <param name="output">Of the connection.</param>
/// <param name="tls">Null: without.</param>
internal sealed class PipeSink(PipeWriter output, SslStream? tls) : FrameSink
{
    // What is still in the pipe then goes with it.
    public override bool OutlivesAbort => false;

    public override bool TrySend(ReadOnlyMemory<byte> bytes, out int sent)
    {
        // The pipe takes everything and says afterwards whether to wait, so nothing counts as sent before Drain.
        sent = 0;
        return true;
    }

    public override bool? Drain(ReadOnlyMemory<byte> rest)
    {
        try
        {
            var flush = output.WriteAsync(rest).AsTask();
            if (flush.IsCompleted)
                return Result(flush);
            flush.ContinueWith(done => Drained?.Invoke(Result(done)), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            return null;
        }
        catch (InvalidOperationException)
        {
            // Completed by the server.
            return false;
        }
    }

    public override void Finish()
    {
        output.Complete();
        if (tls is not null)
            _ = ShutdownAsync(tls);
    }

    public override void Dispose()
    {
    }

    /// <summary>The pipe's end is none of the stream's: without this a peer would wait for one until the time limit.</summary>
    private static async Task ShutdownAsync(SslStream tls)
    {
        try
        {
            await tls.ShutdownAsync();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // The peer was faster.
        }
    }

    private static bool Result(Task<FlushResult> flush) =>
        flush.IsCompletedSuccessfully && flush.Result is { IsCompleted: false, IsCanceled: false };
}
