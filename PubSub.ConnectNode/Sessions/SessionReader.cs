using System.Buffers;
using System.IO.Pipelines;
using PubSub.ConnectNode.Sockets;
using PubSub.Protocol.Outcomes;

namespace PubSub.ConnectNode.Sessions;

/// <summary>
/// Bytes to frames to commands. Reads the connection's own pipe, which waits for data without holding a buffer and
/// gives its memory back when all is consumed, so an idle session costs none.
/// </summary>
internal sealed class SessionReader(PipeReader input, Session session, SessionFrames frames) : IDisposable
{
    private readonly FrameReader _frames = frames.NewReader(session);

    /// <summary>Reads until the peer's close frame, a violation, or the end of the connection.</summary>
    public async Task<DisconnectReason> RunAsync()
    {
        try
        {
            return await ReadAsync();
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or InvalidOperationException)
        {
            // Reset by the peer, or aborted by the sweep.
            return DisconnectReason.ConnectionLost;
        }
    }

    /// <summary>Reads on to the end without looking, so that the close frame is not lost in a reset.</summary>
    public async Task DiscardAsync()
    {
        try
        {
            while (true)
            {
                var result = await input.ReadAsync();
                input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted || result.IsCanceled)
                    return;
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The same end, less politely.
        }
    }

    public void Dispose() => _frames.Dispose();

    private async Task<DisconnectReason> ReadAsync()
    {
        while (true)
        {
            var result = await input.ReadAsync();
            session.LastSeen = session.Clock();
            if (TakeAll(result.Buffer) is { } reason)
                return reason;
            if (result.IsCompleted || result.IsCanceled)
                return DisconnectReason.ConnectionLost;
        }
    }

    private DisconnectReason? TakeAll(ReadOnlySequence<byte> buffer)
    {
        // What follows the end is discarded, and for that the read has to be over.
        var consumed = buffer.End;
        try
        {
            return frames.Take(_frames, session, buffer, out consumed);
        }
        catch
        {
            consumed = buffer.End;
            throw;
        }
        finally
        {
            input.AdvanceTo(consumed, buffer.End);
        }
    }
}
