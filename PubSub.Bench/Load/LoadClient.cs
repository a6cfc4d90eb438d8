using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace PubSub.Bench.Load;

internal enum ClientPhase
{
    Connecting,
    Upgrading,
    Entering,
    Ready,
    Gone,
}

/// <summary>One connection of the load: takes bytes, counts and checks messages, keeps nothing.</summary>
internal sealed class LoadClient(ClientPlan plan, Dialect dialect, Socket socket, Deliveries deliveries)
{
    private byte[] _rest = [];
    private byte[] _fragments = [];
    private uint _last;

    public ClientPlan Plan => plan;

    /// <summary>When it set out to connect.</summary>
    public long BegunAt { get; } = Stopwatch.GetTimestamp();

    public Socket Socket => socket;

    public ClientPhase Phase { get; private set; } = ClientPhase.Connecting;

    /// <summary>Does not read any more; what comes waits in the sockets.</summary>
    public bool IsStopped { get; set; }

    /// <summary>The bytes that must stand before what is read next.</summary>
    public ReadOnlySpan<byte> Rest => _rest;

    public void Connected(string host)
    {
        Phase = ClientPhase.Upgrading;
        Send(LoadMessage.Ascii(
            $"GET {dialect.Path(plan)} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + (dialect.Deflates ? "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n" : "\r\n")));
    }

    public void Lost()
    {
        Phase = ClientPhase.Gone;
        socket.Dispose();
    }

    /// <param name="bytes">The rest of last time and what is new.</param>
    /// <param name="now">When it was read.</param>
    public void Take(ReadOnlySpan<byte> bytes, long now)
    {
        if (Phase == ClientPhase.Upgrading)
            TakeAnswer(ref bytes);
        while (Phase is ClientPhase.Entering or ClientPhase.Ready && TryTakeFrame(ref bytes, now))
        {
        }

        if (bytes.Length != _rest.Length || !bytes.SequenceEqual(_rest))
            _rest = bytes.IsEmpty ? [] : bytes.ToArray();
    }

    private void TakeAnswer(ref ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return;
        if (!bytes.StartsWith("HTTP/1.1 101 "u8))
            throw new InvalidDataException($"{dialect.Name} refused a client: {Encoding.ASCII.GetString(bytes)}");
        bytes = bytes[(end + 4)..];
        Phase = dialect.Ready.Length == 0 ? ClientPhase.Ready : ClientPhase.Entering;
        foreach (var frame in dialect.Hello(plan))
            Send(MaskedFrame.OfText(frame));
    }

    private bool TryTakeFrame(ref ReadOnlySpan<byte> bytes, long now)
    {
        if (bytes.Length < 2)
            return false;
        var header = (bytes[1] & 0x7f) switch { < 126 => 2, 126 => 4, _ => 10 };
        if (bytes.Length < header)
            return false;
        var length = header switch
        {
            2 => bytes[1] & 0x7f,
            4 => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            _ => (int)BinaryPrimitives.ReadInt64BigEndian(bytes[2..]),
        };
        if (bytes.Length < header + length)
            return false;

        var payload = bytes.Slice(header, length);
        var (opcode, isFinal) = (bytes[0] & 0x0f, (bytes[0] & 0x80) != 0);
        if ((bytes[0] & 0x40) != 0)
            payload = DeflatedPayload.Inflate(payload);
        bytes = bytes[(header + length)..];
        switch (opcode)
        {
            case 8:
                Phase = ClientPhase.Gone;
                break;
            case 9:
                Send(MaskedFrame.OfPong(payload));
                break;
            case <= 2 when isFinal && _fragments.Length == 0:
                TakeText(payload, now);
                break;
            case <= 2:
                // SignalR cuts what it sends wherever its buffers end.
                _fragments = [.. _fragments, .. payload];
                if (!isFinal)
                    break;
                TakeText(_fragments, now);
                _fragments = [];
                break;
        }

        return true;
    }

    private void TakeText(ReadOnlySpan<byte> payload, long now)
    {
        if (Phase == ClientPhase.Ready)
            TakeMessages(payload, now);
        else if (payload.IndexOf(dialect.Ready) >= 0)
            Phase = ClientPhase.Ready;
        else if (payload.IndexOf("\"type\":\"error\""u8) >= 0 && payload.IndexOf("\"temporary\":true"u8) < 0)
            throw new InvalidDataException($"{dialect.Name} let a client not in: {Encoding.UTF8.GetString(payload)}");
    }

    private void TakeMessages(ReadOnlySpan<byte> payload, long now)
    {
        for (var at = payload.IndexOf(dialect.Marker); at >= 0; at = payload.IndexOf(dialect.Marker))
        {
            payload = payload[(at + dialect.Marker.Length)..];
            if (!LoadMessage.TryRead(payload, out var message))
                continue;
            deliveries.Take(message, inOrder: message.Sequence == _last + 1 || _last == 0, now);
            _last = message.Sequence;
        }
    }

    private void Send(byte[] frame)
    {
        // A few hundred bytes into an empty socket: either they go or the connection is lost.
        if (socket.Send(frame, SocketFlags.None, out _) != frame.Length)
            Lost();
    }
}
