using System.Buffers;
using PubSub.Protocol.Client;

namespace PubSub.Protocol.Frames;

/// <summary>
/// One encoding of the frames. The typed frames are the generated <see cref="ClientEnvelope"/> and
/// <see cref="ServerEnvelope"/>; decoding throws <see cref="ProtocolViolationException"/> and nothing else.
/// </summary>
public abstract class FrameCodec
{
    public const string JsonSubprotocol = "pubsub.json.v1";
    public const string ProtobufSubprotocol = "pubsub.protobuf.v1";

    public static FrameCodec Json { get; } = new JsonFrameCodec();

    public static FrameCodec Protobuf { get; } = new ProtobufFrameCodec();

    public abstract string Subprotocol { get; }

    /// <summary>Whether frames travel in text messages; otherwise in binary ones.</summary>
    public abstract bool IsText { get; }

    public abstract ClientEnvelope DecodeClient(ReadOnlySpan<byte> frame);

    public abstract ServerEnvelope DecodeServer(ReadOnlySpan<byte> frame);

    public abstract void Encode(ClientEnvelope frame, IBufferWriter<byte> output);

    public abstract void Encode(ServerEnvelope frame, IBufferWriter<byte> output);

    /// <summary>A message as a <c>serverMessages</c> frame of its own; what nodes send most.</summary>
    public abstract void Encode(ChannelMessage message, IBufferWriter<byte> output);
}
