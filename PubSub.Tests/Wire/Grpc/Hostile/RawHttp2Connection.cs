using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace PubSub.Tests.Wire.Grpc.Hostile;

/// <summary>One HTTP/2 connection written by hand, from either end. It keeps to the protocol only where it is told to.</summary>
internal sealed class RawHttp2Connection(Socket socket, CancellationToken stopping) : IDisposable
{
    private static readonly byte[] Preface = Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

    private readonly NetworkStream _stream = new(socket, ownsSocket: true);

    /// <summary>What the test lets the connection live for.</summary>
    public CancellationToken Stopping => stopping;

    public void Dispose() => _stream.Dispose();

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _stream.WriteAsync(bytes, stopping);

    public Task SendAsync(FrameType type, FrameFlags flags, int streamId, params byte[] payload) =>
        SendAsync(new Http2Frame(type, flags, streamId, payload).ToBytes());

    /// <summary>The server's half of the handshake, until the first request is there.</summary>
    /// <returns>The request's stream.</returns>
    public async Task<int> AcceptRequestAsync()
    {
        await ReadPrefaceAsync();
        await SendAsync(FrameType.Settings, FrameFlags.None, 0);
        return (await ReadUntilAsync(FrameType.Headers)).StreamId;
    }

    public Task ReadPrefaceAsync() => _stream.ReadExactlyAsync(new byte[Preface.Length], stopping).AsTask();

    /// <summary>The client's half of the handshake.</summary>
    public async Task SendPrefaceAsync()
    {
        await SendAsync(Preface);
        await SendAsync(FrameType.Settings, FrameFlags.None, 0);
    }

    /// <summary>Reads on to a frame of that type; SETTINGS and PING are acknowledged on the way.</summary>
    public async Task<Http2Frame> ReadUntilAsync(FrameType wanted) =>
        await ReadUntilAsync(frame => frame.Type == wanted) ?? throw new IOException($"The other side closed before it sent {wanted}.");

    /// <summary>Reads until the other side closes.</summary>
    public Task DrainAsync() => ReadUntilAsync(_ => false);

    /// <summary>Reads without ever answering, as a process that hangs would look from outside.</summary>
    public async Task<Http2Frame> ReadSilentlyUntilAsync(FrameType wanted)
    {
        while (await Http2Frame.ReadAsync(_stream, stopping) is { } frame)
        {
            if (frame.Type == wanted)
                return frame;
        }

        throw new IOException($"The other side closed before it sent {wanted}.");
    }

    public Task SendHeadersAsync(int streamId, FrameFlags flags, params (string Name, string Value)[] headers) =>
        SendAsync(FrameType.Headers, FrameFlags.EndHeaders | flags, streamId, HeaderBlock(headers));

    public Task SendGrpcHeadersAsync(int streamId) =>
        SendHeadersAsync(streamId, FrameFlags.None, (":status", "200"), ("content-type", "application/grpc"));

    public Task SendTrailersAsync(int streamId, string status = "0") =>
        SendHeadersAsync(streamId, FrameFlags.EndStream, ("grpc-status", status));

    public Task SendDataAsync(int streamId, FrameFlags flags, params byte[] payload) =>
        SendAsync(FrameType.Data, flags, streamId, payload);

    public Task ResetAsync(int streamId, int code) =>
        SendAsync(FrameType.ResetStream, FrameFlags.None, streamId, BigEndian(code));

    public Task GoAwayAsync(int lastStreamId, int code) =>
        SendAsync(FrameType.GoAway, FrameFlags.None, 0, [.. BigEndian(lastStreamId), .. BigEndian(code)]);

    /// <summary>Closes with a TCP reset instead of an orderly end.</summary>
    public void Abort()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }

    public static byte[] BigEndian(int value)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    /// <summary>A gRPC message with its prefix; the length may be a lie.</summary>
    public static byte[] Message(byte[] body, int? declaredLength = null, byte compressed = 0) =>
        [compressed, .. BigEndian(declaredLength ?? body.Length), .. body];

    /// <summary>HPACK at its plainest: literals without indexing, no Huffman code, values under 127 bytes.</summary>
    public static byte[] HeaderBlock(params IEnumerable<(string Name, string Value)> headers) =>
        [.. headers.SelectMany(header => (byte[])[0, .. Literal(header.Name), .. Literal(header.Value)])];

    private static byte[] Literal(string text)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(text.Length, 126);
        return [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)];
    }

    private async Task<Http2Frame?> ReadUntilAsync(Func<Http2Frame, bool> wanted)
    {
        while (await Http2Frame.ReadAsync(_stream, stopping) is { } frame)
        {
            if (wanted(frame))
                return frame;
            if (frame.Type is FrameType.Settings or FrameType.Ping && !frame.IsAcknowledgement)
            {
                var echoed = frame.Type == FrameType.Ping ? frame.Payload : default;
                await SendAsync(new Http2Frame(frame.Type, FrameFlags.EndStream, 0, echoed).ToBytes());
            }
        }

        return null;
    }
}
