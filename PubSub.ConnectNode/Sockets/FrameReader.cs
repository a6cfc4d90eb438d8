using System.Buffers;
using System.Buffers.Binary;
using System.Text.Unicode;
using PubSub.ConnectNode.Sockets.Deflate;
using PubSub.Protocol.Frames;
using PubSub.Protocol.Outcomes;

namespace PubSub.ConnectNode.Sockets;

internal enum FrameEvent
{
    /// <summary>All bytes are taken and nothing is whole yet.</summary>
    None,
    Message,
    Ping,
    Pong,
    Close,
}

/// <summary>
/// The receiving half of RFC 6455: bytes in whatever pieces they come, messages out. Takes payload as it arrives, so a
/// message may be larger than the transport's buffer, and holds no buffer between messages.
/// </summary>
internal sealed class FrameReader(int maxMessageBytes, bool text, bool deflate) : IDisposable
{
    private const int MaxHeader = 14;
    private const byte Deflated = 0x40;

    private byte[]? _message;
    private int _messageLength;
    private int _messageChecked;
    private byte[]? _control;
    private int _controlLength;
    private long _remaining;
    private uint _mask;
    private WebSocketOpcode _opcode;
    private bool _inFrame;
    private bool _final;
    private bool _inMessage;
    private bool _isDeflated;

    /// <summary>What the last event carried; valid until the next call.</summary>
    public ReadOnlySpan<byte> Payload => WebSocketFrame.IsControl(_opcode)
        ? _control.AsSpan(0, _controlLength)
        : _message.AsSpan(0, _messageLength);

    /// <summary>Between two messages: nothing has to be remembered.</summary>
    public bool IsAtRest => !_inFrame && !_inMessage;

    /// <summary>Takes bytes from the front of the input up to the next event.</summary>
    public FrameEvent Read(ref ReadOnlySequence<byte> input)
    {
        if (!_inMessage && _messageLength > 0)
            FreeMessage();
        while (true)
        {
            if (!_inFrame && !TryReadHeader(ref input))
                return FrameEvent.None;
            TakePayload(ref input);
            if (_remaining > 0)
                return FrameEvent.None;

            _inFrame = false;
            switch (_opcode)
            {
                case WebSocketOpcode.Ping:
                    return FrameEvent.Ping;
                case WebSocketOpcode.Pong:
                    return FrameEvent.Pong;
                case WebSocketOpcode.Close:
                    return FrameEvent.Close;
            }

            if (!_final)
                continue;
            if (_isDeflated)
                Inflate();
            if (text)
                CheckText(final: true);
            _inMessage = false;
            return FrameEvent.Message;
        }
    }

    public void Dispose()
    {
        FreeMessage();
        if (_control is { } control)
            ArrayPool<byte>.Shared.Return(control);
        _control = null;
        _controlLength = 0;
    }

    private bool TryReadHeader(ref ReadOnlySequence<byte> input)
    {
        Span<byte> header = stackalloc byte[MaxHeader];
        var available = (int)Math.Min(input.Length, MaxHeader);
        if (available < 2)
            return false;
        header = header[..available];
        input.Slice(0, available).CopyTo(header);

        // Refused at its first two bytes, before the peer has sent the rest.
        Check(header[0], header[1]);
        var length = (long)(header[1] & 0x7f);
        var at = 2;
        if (length == 126)
        {
            if (available < 4)
                return false;
            length = BinaryPrimitives.ReadUInt16BigEndian(header[2..]);
            Require(length >= 126, "a length is not in its shortest form");
            at = 4;
        }
        else if (length == 127)
        {
            if (available < 10)
                return false;
            length = BinaryPrimitives.ReadInt64BigEndian(header[2..]);
            Require(length > ushort.MaxValue, "a length is not in its shortest form, or beyond 63 bits");
            at = 10;
        }

        var opcode = (WebSocketOpcode)(header[0] & 0x0f);
        var isDeflated = _inMessage ? _isDeflated : (header[0] & Deflated) != 0;
        var most = isDeflated ? MessageInflater.MostDeflated(maxMessageBytes) : maxMessageBytes;
        if (!WebSocketFrame.IsControl(opcode) && length > most - (_inMessage ? _messageLength : 0))
            throw new ProtocolViolationException(DisconnectReason.TooLarge, $"A message may have {maxMessageBytes} bytes.");
        if (available < at + 4)
            return false;

        _mask = BinaryPrimitives.ReadUInt32LittleEndian(header[at..]);
        _opcode = opcode;
        _final = (header[0] & 0x80) != 0;
        _remaining = length;
        _inFrame = true;
        if (WebSocketFrame.IsControl(opcode))
            _controlLength = 0;
        else
            (_inMessage, _isDeflated) = (true, isDeflated);
        input = input.Slice(at + 4);
        return true;
    }

    private void Check(byte first, byte second)
    {
        var opcode = (WebSocketOpcode)(first & 0x0f);
        // RFC 7692, 6: the first frame of a message says that all of it is deflated.
        var mayBeDeflated = deflate && opcode is (WebSocketOpcode.Text or WebSocketOpcode.Binary);
        Require((first & 0x70) == 0 || (mayBeDeflated && (first & 0x70) == Deflated), "a reserved bit is set");
        Require((second & 0x80) != 0, "a client's frame is not masked");
        switch (opcode)
        {
            case WebSocketOpcode.Continuation:
                Require(_inMessage, "a continuation without a beginning");
                break;
            case WebSocketOpcode.Text or WebSocketOpcode.Binary:
                Require(!_inMessage, "a new message inside another");
                if (text != (opcode == WebSocketOpcode.Text))
                {
                    throw new ProtocolViolationException(
                        DisconnectReason.UnsupportedData, text ? "pubsub.json.v1 takes text messages." : "pubsub.protobuf.v1 takes binary messages.");
                }

                break;
            case WebSocketOpcode.Ping or WebSocketOpcode.Pong or WebSocketOpcode.Close:
                Require((first & 0x80) != 0, "a control frame is fragmented");
                Require((second & 0x7f) <= WebSocketFrame.MaxControlPayload, "a control frame is longer than 125 bytes");
                break;
            default:
                Require(false, "an unknown opcode");
                break;
        }
    }

    private void TakePayload(ref ReadOnlySequence<byte> input)
    {
        var take = (int)Math.Min(_remaining, Math.Min(input.Length, int.MaxValue));
        if (take == 0)
            return;

        var target = WebSocketFrame.IsControl(_opcode) ? ControlSpace(take) : MessageSpace(take);
        input.Slice(0, take).CopyTo(target);
        input = input.Slice(take);
        _remaining -= take;
        _mask = WebSocketFrame.Mask(target, _mask);
        if (text && !_isDeflated && !WebSocketFrame.IsControl(_opcode))
            CheckText(final: false);
    }

    private Span<byte> ControlSpace(int bytes)
    {
        _control ??= ArrayPool<byte>.Shared.Rent(WebSocketFrame.MaxControlPayload);
        var space = _control.AsSpan(_controlLength, bytes);
        _controlLength += bytes;
        return space;
    }

    private Span<byte> MessageSpace(int bytes)
    {
        var needed = _messageLength + bytes;
        if (_message is null || _message.Length < needed)
        {
            // Grows with what has come, not with what a header promised.
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Math.Min(_messageLength * 2, maxMessageBytes)));
            _message.AsSpan(0, _messageLength).CopyTo(larger);
            if (_message is not null)
                ArrayPool<byte>.Shared.Return(_message);
            _message = larger;
        }

        var space = _message.AsSpan(_messageLength, bytes);
        _messageLength = needed;
        return space;
    }

    private void Inflate()
    {
        var inflated = MessageInflater.Inflate(_message.AsMemory(0, _messageLength), maxMessageBytes, out var length);
        FreeMessage();
        (_message, _messageLength) = (inflated, length);
    }

    private void CheckText(bool final)
    {
        var rest = _message.AsSpan(_messageChecked, _messageLength - _messageChecked);
        var whole = final ? rest.Length : rest.Length - WebSocketFrame.IncompleteTail(rest);
        if (!Utf8.IsValid(rest[..whole]))
            throw new ProtocolViolationException(DisconnectReason.InvalidText, "The text is not valid UTF-8.");
        _messageChecked += whole;
    }

    private void FreeMessage()
    {
        if (_message is not null)
            ArrayPool<byte>.Shared.Return(_message);
        _message = null;
        _messageLength = 0;
        _messageChecked = 0;
    }

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
            throw new ProtocolViolationException(DisconnectReason.ProtocolError, $"RFC 6455: {otherwise}.");
    }
}
