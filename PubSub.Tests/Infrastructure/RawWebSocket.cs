using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace PubSub.Tests.Infrastructure;

/// <summary>A WebSocket client that can send what no library would.</summary>
internal sealed class RawWebSocket : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly TcpClient _client = new() { NoDelay = true };
    private Stream _stream = null!;

    public string Answer { get; private set; } = "";

    public static async Task<RawWebSocket> OpenAsync(
        int port, string query = "user_id=u1", string? subprotocol = null, string? extensions = null, int receiveBuffer = 0,
        RemoteCertificateValidationCallback? tls = null)
    {
        var socket = await RequestAsync(port, query, "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + (subprotocol is null ? "" : $"Sec-WebSocket-Protocol: {subprotocol}\r\n")
            + (extensions is null ? "" : $"Sec-WebSocket-Extensions: {extensions}\r\n"), receiveBuffer, tls);
        Assert.StartsWith("HTTP/1.1 101 ", socket.Answer, StringComparison.Ordinal);
        Assert.Contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", socket.Answer, StringComparison.OrdinalIgnoreCase);
        return socket;
    }

    /// <param name="port">The node's.</param>
    /// <param name="query">Of the URL.</param>
    /// <param name="headers">Besides Host, each with its end of line.</param>
    /// <param name="receiveBuffer">Bytes that the kernel takes for a reader that has stopped; 0: its own choice.</param>
    /// <param name="tls">What is asked whether the node's certificate is good; null: no TLS.</param>
    public static async Task<RawWebSocket> RequestAsync(
        int port, string query, string headers, int receiveBuffer = 0, RemoteCertificateValidationCallback? tls = null)
    {
        var socket = new RawWebSocket();
        if (receiveBuffer > 0)
            socket._client.ReceiveBufferSize = receiveBuffer;
        await socket._client.ConnectAsync(IPAddress.Loopback, port);
        socket._stream = socket._client.GetStream();
        if (tls is not null)
        {
            var encrypted = new SslStream(socket._stream, leaveInnerStreamOpen: false, tls);
            socket._stream = encrypted;
            await encrypted.AuthenticateAsClientAsync("127.0.0.1").WaitAsync(Patience);
        }

        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET /ws?{query} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"));
        var answer = new StringBuilder();
        while (!answer.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            answer.Append((char)(await socket.ReadAsync(1))[0]);
        socket.Answer = answer.ToString();
        return socket;
    }

    public Task SendAsync(byte[] bytes) => _stream.WriteAsync(bytes).AsTask();

    public Task SendTextAsync(string text) => SendAsync(Frame(0x81, Encoding.UTF8.GetBytes(text)));

    public Task SendFrameAsync(byte first, params byte[] payload) => SendAsync(Frame(first, payload));

    public static byte[] Frame(byte first, byte[] payload, bool masked = true)
    {
        var header = payload.Length < 126 ? 2 : payload.Length <= ushort.MaxValue ? 4 : 10;
        var frame = new byte[header + (masked ? 4 : 0) + payload.Length];
        frame[0] = first;
        frame[1] = (byte)((masked ? 0x80 : 0) | (header == 2 ? payload.Length : header == 4 ? 126 : 127));
        if (header == 4)
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)payload.Length);
        else if (header == 10)
            BinaryPrimitives.WriteInt64BigEndian(frame.AsSpan(2), payload.Length);
        byte[] mask = masked ? [0x12, 0x9a, 0x5c, 0xf1] : [];
        mask.CopyTo(frame, header);
        for (var i = 0; i < payload.Length; i++)
            frame[header + mask.Length + i] = (byte)(payload[i] ^ (masked ? mask[i & 3] : 0));
        return frame;
    }

    /// <summary>The next frame: its first byte and its payload.</summary>
    public async Task<(byte First, byte[] Payload)> ReadFrameAsync()
    {
        var header = await ReadAsync(2);
        Assert.Equal(0, header[1] & 0x80);
        var length = header[1] switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(await ReadAsync(2)),
            127 => (int)BinaryPrimitives.ReadInt64BigEndian(await ReadAsync(8)),
            var small => small,
        };
        return (header[0], await ReadAsync(length));
    }

    /// <summary>The next text frame of this type, deflated or not; others are passed over.</summary>
    public async Task<JsonElement> ReadAsync(string type)
    {
        while (true)
        {
            var (first, payload) = await ReadFrameAsync();
            if (first == 0xc1)
                (first, payload) = (0x81, DeflatedMessage.Inflate(payload));
            Assert.True(first == 0x81, $"Waited for {type}, got a frame {first:x2}: {Encoding.UTF8.GetString(payload)}");
            var frame = JsonDocument.Parse(payload).RootElement;
            if (frame.GetProperty("type").GetString() == type)
                return frame;
        }
    }

    /// <summary>Reads to the close frame and to the end behind it; the close code.</summary>
    public async Task<int> ReadCloseAsync()
    {
        while (true)
        {
            var (first, payload) = await ReadFrameAsync();
            if (first == 0x88)
            {
                Assert.Empty(await ReadToEndAsync());
                return BinaryPrimitives.ReadUInt16BigEndian(payload);
            }
        }
    }

    public async Task<byte[]> ReadToEndAsync()
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var rest = new MemoryStream();
        await _stream.CopyToAsync(rest, deadline.Token);
        return rest.ToArray();
    }

    public async Task<byte[]> ReadAsync(int count)
    {
        using var deadline = new CancellationTokenSource(Patience);
        var bytes = new byte[count];
        await _stream.ReadExactlyAsync(bytes, deadline.Token);
        return bytes;
    }

    public void Dispose() => _client.Dispose();
}
