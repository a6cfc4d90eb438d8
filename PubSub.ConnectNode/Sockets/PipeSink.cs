using System.IO.Pipelines;

namespace PubSub.ConnectNode.Sockets;

/// <summary>TLS, and every transport that is no socket: by the connection's pipe.</summary>
internal sealed class PipeSink(PipeWriter output) : FrameSink
{
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

    public override void Finish() => output.Complete();

    public override void Dispose()
    {
    }

    private static bool Result(Task<FlushResult> flush) =>
        flush.IsCompletedSuccessfully && flush.Result is { IsCompleted: false, IsCanceled: false };
}
