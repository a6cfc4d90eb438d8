using System.Buffers;
using Microsoft.Extensions.Options;
using PubSub.ConnectNode.Sockets;
using PubSub.Protocol.Frames;
using PubSub.Protocol.Outcomes;

namespace PubSub.ConnectNode.Sessions;

/// <summary>Bytes of a session to frames, and frames to commands.</summary>
internal sealed class SessionFrames(SessionCommands commands, NodeMetrics metrics, IOptions<NodeOptions> options)
{
    private readonly int _maxFrameBytes = options.Value.MaxFrameBytes;

    public FrameReader NewReader(Session session) => new(_maxFrameBytes, session.Codec.IsText, session.Deflate is not null);

    /// <summary>Does what has come whole. Not null: the peer has closed, or broken the rules; nothing after it counts.</summary>
    public DisconnectReason? Take(FrameReader frames, Session session, ReadOnlySequence<byte> bytes, out SequencePosition consumed)
    {
        try
        {
            while (true)
            {
                var found = frames.Read(ref bytes);
                consumed = bytes.Start;
                switch (found)
                {
                    case FrameEvent.None:
                        return null;
                    case FrameEvent.Close:
                        WebSocketFrame.ReadClose(frames.Payload);
                        return DisconnectReason.ClientClosed;
                    case FrameEvent.Ping when !session.IsEnding:
                        commands.Pong(session, frames.Payload);
                        break;
                    case FrameEvent.Message when !session.IsEnding:
                        metrics.FrameIn();
                        commands.Handle(session, session.Codec.DecodeClient(frames.Payload));
                        break;
                }
            }
        }
        catch (ProtocolViolationException violation)
        {
            session.End(violation.Reason, violation.Message);
            consumed = bytes.End;
            return violation.Reason;
        }
    }
}
