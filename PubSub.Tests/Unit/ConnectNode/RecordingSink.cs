using System.Buffers.Binary;
using PubSub.ConnectNode.Sockets;
using PubSub.Protocol.Client;
using PubSub.Protocol.Frames;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Unit.ConnectNode;

/// <summary>A socket that is full until it is opened, and keeps what it took.</summary>
internal sealed class RecordingSink : FrameSink
{
    private readonly List<byte> _taken = [];

    public bool IsFull { get; set; } = true;

    public IReadOnlyList<byte> Taken => _taken;

    /// <summary>What waits in the full socket; it is told at the end that it has been taken, as a socket does it.</summary>
    public ReadOnlyMemory<byte> Draining { get; private set; }

    public override bool TrySend(ReadOnlyMemory<byte> bytes, out int sent)
    {
        sent = IsFull ? 0 : bytes.Length;
        _taken.AddRange(bytes.Span[..sent]);
        return true;
    }

    public override bool? Drain(ReadOnlyMemory<byte> rest)
    {
        Draining = rest;
        _taken.AddRange(rest.Span);
        return null;
    }

    /// <summary>Takes what waits, and is as full as before.</summary>
    public void Take()
    {
        if (Draining.IsEmpty)
            return;
        Draining = default;
        Drained!(true);
    }

    public void Open()
    {
        IsFull = false;
        Take();
    }

    public List<ServerEnvelope> Frames(FrameCodec codec)
    {
        var bytes = _taken.ToArray().AsSpan();
        var frames = new List<ServerEnvelope>();
        while (bytes.Length > 0)
        {
            var (header, length) = bytes[1] switch
            {
                126 => (4, BinaryPrimitives.ReadUInt16BigEndian(bytes[2..])),
                127 => (10, (int)BinaryPrimitives.ReadInt64BigEndian(bytes[2..])),
                var small => (2, small),
            };
            var payload = bytes.Slice(header, length);
            if ((bytes[0] & 0x0f) < 8)
                frames.Add(codec.DecodeServer((bytes[0] & 0x40) != 0 ? DeflatedMessage.Inflate(payload.ToArray()) : payload));
            bytes = bytes[(header + length)..];
        }

        return frames;
    }

    public override void Finish()
    {
    }

    public override void Dispose()
    {
    }
}
