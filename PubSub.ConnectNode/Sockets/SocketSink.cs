using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace PubSub.ConnectNode.Sockets;

/// <summary>
/// Plaintext: straight into the socket, past the server's pipe, which would copy each frame and wake another thread for
/// it. The synchronous send costs one system call; only where the socket is full an asynchronous one is set up.
/// </summary>
internal sealed class SocketSink : FrameSink
{
    private readonly Socket _socket;
    private SocketAsyncEventArgs? _drain;

    public SocketSink(Socket socket)
    {
        _socket = socket;
        _socket.Blocking = false;
        _socket.NoDelay = true;
    }

    public override bool TrySend(ReadOnlyMemory<byte> bytes, out int sent)
    {
        try
        {
            sent = _socket.Send(bytes.Span, SocketFlags.None, out var error);
            if (error == SocketError.Success)
                return true;
            sent = Math.Max(0, sent);
            return error == SocketError.WouldBlock;
        }
        catch (ObjectDisposedException)
        {
            sent = 0;
            return false;
        }
    }

    public override bool? Drain(ReadOnlyMemory<byte> rest)
    {
        if (_drain is null)
        {
            _drain = new SocketAsyncEventArgs();
            _drain.Completed += (_, drain) => Drained?.Invoke(drain.SocketError == SocketError.Success);
        }

        try
        {
            _drain.SetBuffer(MemoryMarshal.AsMemory(rest));
            return _socket.SendAsync(_drain) ? null : _drain.SocketError == SocketError.Success;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    public override void Finish()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The peer was faster.
        }
    }

    public override void Dispose() => _drain?.Dispose();
}
