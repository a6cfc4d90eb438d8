using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using PubSub.Protocol.Client;
using PubSub.Protocol.Frames;
using PubSub.Protocol.Outcomes;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Resuming;

/// <summary>
/// One of very many clients of a room: a socket, a small buffer, and the place up to which it has everything. What it
/// gets must be the next message each time; what is not stays in <see cref="Faults"/>.
/// </summary>
internal sealed class LeanClient(string user, string room) : IDisposable
{
    private const int SmallBuffer = 4096;

    private readonly string _channel = $"room:{room}";
    private readonly List<string> _faults = [];
    private volatile Socket? _socket;
    private byte[] _buffer = [];
    private int _filled;
    private TaskCompletionSource _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _epoch;
    private long _offset;

    /// <summary>Of the last message that it has.</summary>
    public long Offset => Volatile.Read(ref _offset);

    public bool Recovered { get; private set; }

    /// <summary>Whatever was lost, repeated or out of order, and the end of a connection that the test did not end.</summary>
    public IReadOnlyList<string> Faults
    {
        get
        {
            lock (_faults)
                return [.. _faults];
        }
    }

    /// <summary>Returns when it is in its room; from then on it reads on its own.</summary>
    public async Task ComeAsync(int port)
    {
        _joined = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _buffer = new byte[SmallBuffer];
        _filled = 0;
        var socket = _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"GET /ws?user_id={user}&room_id={room}&resume=1 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: pubsub.protobuf.v1\r\n\r\n"));
        await ReadAnswerAsync(socket);

        var connect = new ClientEnvelope { Connect = new Connect() };
        if (_epoch != 0)
            connect.Connect.Positions.Add(new ChannelCursor { Channel = _channel, Epoch = _epoch, Offset = _offset });
        var frame = new ArrayBufferWriter<byte>();
        FrameCodec.Protobuf.Encode(connect, frame);
        await socket.SendAsync(RawWebSocket.Frame(0x82, frame.WrittenSpan.ToArray()));
        _ = ReadAsync(socket);
        await Wait.ForAsync(_joined.Task, $"{user} to be in its room", TimeSpan.FromSeconds(120));
    }

    /// <summary>Without a word, as a connection that was lost.</summary>
    public void Dispose()
    {
        var socket = _socket;
        // First, so that its reader knows who ended it.
        _socket = null;
        socket?.Dispose();
    }

    private async Task ReadAnswerAsync(Socket socket)
    {
        while (true)
        {
            await FillAsync(socket);
            var end = _buffer.AsSpan(0, _filled).IndexOf("\r\n\r\n"u8);
            if (end < 0)
                continue;
            Assert.StartsWith("HTTP/1.1 101 ", Encoding.ASCII.GetString(_buffer, 0, end), StringComparison.Ordinal);
            Drop(end + 4);
            return;
        }
    }

    private async Task ReadAsync(Socket socket)
    {
        try
        {
            while (true)
            {
                while (TryTakeFrame(socket))
                {
                }

                await FillAsync(socket);
            }
        }
        catch (Exception) when (_socket != socket)
        {
            // Its owner ended it.
        }
        catch (Exception end)
        {
            Note($"the connection ended: {end.Message}");
            _joined.TrySetException(end);
        }
    }

    private async ValueTask FillAsync(Socket socket)
    {
        if (_filled == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        var read = await socket.ReceiveAsync(_buffer.AsMemory(_filled), SocketFlags.None);
        if (read == 0)
            throw new IOException("the node closed it");
        _filled += read;
    }

    private bool TryTakeFrame(Socket socket)
    {
        var bytes = _buffer.AsSpan(0, _filled);
        if (bytes.Length < 2)
            return false;
        var header = bytes[1] switch { < 126 => 2, 126 => 4, _ => 10 };
        if (bytes.Length < header)
            return false;
        var length = header switch
        {
            2 => bytes[1],
            4 => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            _ => (int)BinaryPrimitives.ReadInt64BigEndian(bytes[2..]),
        };
        if (bytes.Length < header + length)
            return false;

        var payload = bytes.Slice(header, length);
        switch (bytes[0])
        {
            case 0x82:
                Take(FrameCodec.Protobuf.DecodeServer(payload));
                break;
            case 0x89:
                socket.Send(RawWebSocket.Frame(0x8a, payload.ToArray()));
                break;
            default:
                throw new IOException($"the node sent a frame {bytes[0]:x2}");
        }

        Drop(header + length);
        return true;
    }

    private void Take(ServerEnvelope frame)
    {
        switch (frame.PayloadCase)
        {
            case ServerEnvelope.PayloadOneofCase.Joined:
                var begins = frame.Joined.Channel;
                Recovered = begins.Recovered;
                if (_epoch != 0 && (begins.Epoch, begins.Offset) != (_epoch, _offset))
                    Note($"began at {begins.Offset} instead of {_offset}");
                (_epoch, _offset) = (begins.Epoch, begins.Offset);
                _joined.TrySetResult();
                break;
            case ServerEnvelope.PayloadOneofCase.ServerMessages:
                foreach (var message in frame.ServerMessages.Messages)
                {
                    if (message.Channel != _channel)
                        continue;
                    if ((message.Epoch, message.Offset) != (_epoch, _offset + 1))
                        Note($"{message.Offset} came behind {_offset}");
                    Volatile.Write(ref _offset, message.Offset);
                }

                break;
            case ServerEnvelope.PayloadOneofCase.Error when !((ErrorCode)frame.Error.Code).IsTemporary():
                throw new IOException($"{user} was refused: {frame.Error.Code} {frame.Error.Message}");
            case ServerEnvelope.PayloadOneofCase.GapMark:
                Note($"a gap mark from {frame.GapMark.From} to {frame.GapMark.To}");
                break;
            default:
                break;
        }
    }

    private void Drop(int count)
    {
        _buffer.AsSpan(count, _filled - count).CopyTo(_buffer);
        _filled -= count;
    }

    private void Note(string fault)
    {
        lock (_faults)
            _faults.Add(fault);
    }
}
