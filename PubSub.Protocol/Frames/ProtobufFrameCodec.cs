using System.Buffers;
using Google.Protobuf;
using PubSub.Protocol.Client;

namespace PubSub.Protocol.Frames;

/// <summary>The frames as client.proto has them, one envelope in each binary message.</summary>
public sealed class ProtobufFrameCodec : FrameCodec
{
    public override string Subprotocol => ProtobufSubprotocol;

    public override bool IsText => false;

    public override ClientEnvelope DecodeClient(ReadOnlySpan<byte> frame)
    {
        var envelope = Parse(ClientEnvelope.Parser, frame);
        if (envelope.PayloadCase == ClientEnvelope.PayloadOneofCase.None)
            throw new ProtocolViolationException("The envelope holds no payload that this version knows.");
        RequestId.Check(envelope.Id);
        return envelope;
    }

    public override ServerEnvelope DecodeServer(ReadOnlySpan<byte> frame) => Parse(ServerEnvelope.Parser, frame);

    public override void Encode(ClientEnvelope frame, IBufferWriter<byte> output) => frame.WriteTo(output);

    public override void Encode(ServerEnvelope frame, IBufferWriter<byte> output) => frame.WriteTo(output);

    public override void Encode(ChannelMessage message, IBufferWriter<byte> output) =>
        Encode(new ServerEnvelope { ServerMessages = new ServerMessages { Messages = { ServerFrame.Message(message) } } }, output);

    private static T Parse<T>(MessageParser<T> parser, ReadOnlySpan<byte> frame)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(frame);
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new ProtocolViolationException("The message is no Protobuf envelope: " + error.Message, error);
        }
    }
}
