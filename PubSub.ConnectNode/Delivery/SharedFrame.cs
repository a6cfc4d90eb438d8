using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using PubSub.ConnectNode.Sessions;
using PubSub.ConnectNode.Sockets;
using PubSub.ConnectNode.Sockets.Deflate;
using PubSub.Protocol;
using PubSub.Protocol.Client;
using PubSub.Protocol.Frames;

namespace PubSub.ConnectNode.Delivery;

/// <summary>
/// Bytes as they go into sockets: one or more whole WebSocket frames, encoded once and shared by every session of the
/// same encoding. Pooled; whoever keeps one beyond the call in which it was given takes a reference, and the last one
/// to let go returns the memory.
/// </summary>
internal sealed class SharedFrame : IBufferWriter<byte>
{
    private const int MostPooled = 4096;
    private const int FirstSize = 1024;

    private static readonly ConcurrentQueue<SharedFrame> Pool = new();
    private static int _pooled;
    private static long _numbers;

    private byte[] _buffer = [];
    private int _length;
    private int _references;
    private int _outboxes;
    private DeflatedForms? _deflated;
    private JoinedRun? _joined;

    private SharedFrame()
    {
    }

    public int Length => _length;

    /// <summary>The memory it takes.</summary>
    public int Capacity => _buffer.Length;

    /// <summary>No other frame has it, before or after, though frames come from a pool.</summary>
    public long Number { get; private set; }

    /// <summary>Null: no run of messages, but an answer or a control frame.</summary>
    public RunLabel? Label { get; set; }

    /// <summary>Its forms for those who agreed to permessage-deflate.</summary>
    public DeflatedForms Deflated =>
        Volatile.Read(ref _deflated) ?? Interlocked.CompareExchange(ref _deflated, new DeflatedForms(), null) ?? _deflated;

    public ReadOnlyMemory<byte> Memory => _buffer.AsMemory(0, _length);

    public ReadOnlySpan<byte> Span => _buffer.AsSpan(0, _length);

    /// <summary>An empty one; the caller holds its only reference.</summary>
    public static SharedFrame Rent(int capacity = FirstSize)
    {
        if (Pool.TryDequeue(out var frame))
            Interlocked.Decrement(ref _pooled);
        else
            frame = new SharedFrame();
        frame._buffer = ArrayPool<byte>.Shared.Rent(capacity);
        frame._length = 0;
        frame._references = 1;
        frame.Number = Interlocked.Increment(ref _numbers);
        return frame;
    }

    /// <summary>The frames as one; nobody's references change.</summary>
    public static SharedFrame Join(ReadOnlySpan<SharedFrame> frames, int bytes)
    {
        var joined = Rent(bytes);
        foreach (var frame in frames)
            joined.Add(frame.Span);
        return joined;
    }

    public static SharedFrame Control(WebSocketOpcode opcode, ReadOnlySpan<byte> payload)
    {
        var frame = Rent(2 + WebSocketFrame.MaxControlPayload);
        frame.AddControl(opcode, payload);
        return frame;
    }

    public void AddReference() => Interlocked.Increment(ref _references);

    /// <summary>One more outbox holds it. True: the first, so its memory counts from now on.</summary>
    public bool Hold() => Interlocked.Increment(ref _outboxes) == 1;

    /// <summary>True: no outbox holds it any more.</summary>
    public bool LetGo() => Interlocked.Decrement(ref _outboxes) == 0;

    /// <summary>
    /// The frames as one, of which this is the first; shared with whoever takes the same ones. The caller gets a reference,
    /// and keeps those of the frames.
    /// </summary>
    public SharedFrame JoinWith(ReadOnlySpan<SharedFrame> frames, int bytes, OutboxGauge gauge)
    {
        var joined = Volatile.Read(ref _joined);
        // Nobody else waits for it.
        if (joined is null && Volatile.Read(ref _references) == 1)
            return Join(frames, bytes);
        joined ??= Interlocked.CompareExchange(ref _joined, new JoinedRun(gauge), null) ?? _joined;
        return joined.Of(frames, bytes);
    }

    /// <summary>All have been sent to: only who waits for a deflated form still needs it.</summary>
    public void DropDeflated()
    {
        _deflated?.Release(this);
        _deflated = null;
    }

    public void Release()
    {
        var left = Interlocked.Decrement(ref _references);
        Debug.Assert(left >= 0, "A frame was let go once too often.");
        if (left != 0)
            return;
        DropDeflated();
        _joined?.Release();
        _joined = null;
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _length = 0;
        Label = null;
        if (Interlocked.Increment(ref _pooled) <= MostPooled)
            Pool.Enqueue(this);
        else
            Interlocked.Decrement(ref _pooled);
    }

    public void AddControl(WebSocketOpcode opcode, ReadOnlySpan<byte> payload)
    {
        WebSocketFrame.WriteHeader(GetSpan(2)[..2], opcode, payload.Length);
        Advance(2);
        Add(payload);
    }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        Advance(bytes.Length);
    }

    public void Add(FrameCodec codec, ServerEnvelope envelope)
    {
        var start = LeaveRoomForHeader();
        codec.Encode(envelope, this);
        WriteHeader(start, codec.IsText);
    }

    public void Add(FrameCodec codec, ChannelMessage message)
    {
        var start = LeaveRoomForHeader();
        codec.Encode(message, this);
        WriteHeader(start, codec.IsText);
    }

    public void Advance(int count) => _length += count;

    /// <summary>Takes back what was added behind this length.</summary>
    public void Cut(int length) => _length = length;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Grow(sizeHint);
        return _buffer.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Grow(sizeHint);
        return _buffer.AsSpan(_length);
    }

    private int LeaveRoomForHeader()
    {
        var start = _length;
        GetSpan(WebSocketFrame.UsualHeader);
        Advance(WebSocketFrame.UsualHeader);
        return start;
    }

    private void WriteHeader(int start, bool isText)
    {
        var payload = _length - start - WebSocketFrame.UsualHeader;
        var header = WebSocketFrame.HeaderLength(payload);
        var shift = header - WebSocketFrame.UsualHeader;
        if (shift != 0)
        {
            GetSpan(Math.Max(1, shift));
            Array.Copy(_buffer, start + WebSocketFrame.UsualHeader, _buffer, start + header, payload);
            _length += shift;
        }

        var opcode = isText ? WebSocketOpcode.Text : WebSocketOpcode.Binary;
        WebSocketFrame.WriteHeader(_buffer.AsSpan(start, header), opcode, payload);
    }

    private void Grow(int sizeHint)
    {
        var needed = _length + Math.Max(1, sizeHint);
        if (needed <= _buffer.Length)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, _buffer.Length * 2));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
