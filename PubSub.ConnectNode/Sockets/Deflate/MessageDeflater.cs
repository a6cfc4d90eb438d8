using System.Net.WebSockets;
using PubSub.ConnectNode.Delivery;

namespace PubSub.ConnectNode.Sockets.Deflate;

/// <summary>
/// Deflates messages one after another, each without the ones before it. It is a WebSocket of the framework that writes
/// into a frame instead of a connection: among what the framework offers, that alone takes the size of the window. It
/// makes zlib's own state anew for each message, as none refers to another.
/// </summary>
internal sealed class MessageDeflater : IDisposable
{
    private readonly FrameStream _output = new();
    private readonly WebSocket _socket;

    public MessageDeflater(int windowBits) => _socket = WebSocket.CreateFromStream(_output, new WebSocketCreationOptions
    {
        IsServer = true,
        KeepAliveInterval = TimeSpan.Zero,
        DangerousDeflateOptions = new WebSocketDeflateOptions { ServerMaxWindowBits = windowBits, ServerContextTakeover = false },
    });

    /// <summary>Adds the payload to the target as one whole WebSocket frame.</summary>
    /// <param name="payload">The message.</param>
    /// <param name="first">The first byte of its plain frame, for the opcode.</param>
    /// <param name="target">Takes the frame.</param>
    public void Add(ReadOnlyMemory<byte> payload, byte first, SharedFrame target)
    {
        var type = (WebSocketOpcode)(first & 0x0f) == WebSocketOpcode.Text ? WebSocketMessageType.Text : WebSocketMessageType.Binary;
        _output.Target = target;
        // Nothing that it writes to ever waits, so it is over at once.
        _socket.SendAsync(payload, type, WebSocketMessageFlags.EndOfMessage, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        _output.Target = null;
    }

    public void Dispose()
    {
        _socket.Dispose();
        _output.Dispose();
    }

    private sealed class FrameStream : Stream
    {
        public SharedFrame? Target { get; set; }

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> buffer) => Target!.Add(buffer);

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override void Flush()
        {
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
