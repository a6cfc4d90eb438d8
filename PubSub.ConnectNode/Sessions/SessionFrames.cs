using System.Buffers;
using PubSub.ConnectNode.Sockets;

namespace PubSub.ConnectNode.Sessions;

/// <summary>Bytes of a session to frames, and frames to commands.</summary>
internal sealed class SessionFrames(SessionCommands commands, NodeMetrics metrics)
{
    /// <summary>Does what has come whole. True: the peer has closed, and nothing after it counts.</summary>
    public bool Take(FrameReader frames, Session session, ReadOnlySequence<byte> bytes, out SequencePosition consumed)
    {
        while (true)
        {
            var found = frames.Read(ref bytes);
            consumed = bytes.Start;
            switch (found)
            {
                case FrameEvent.None:
                    return false;
                case FrameEvent.Close:
                    WebSocketFrame.ReadClose(frames.Payload);
                    return true;
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
}
