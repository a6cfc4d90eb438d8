using PubSub.ConnectNode.Channels;
using PubSub.ConnectNode.Delivery;
using PubSub.ConnectNode.Sessions;
using PubSub.ConnectNode.Sockets;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.Protocol.Client;
using PubSub.Protocol.Frames;

namespace PubSub.Bench.Micro;

/// <summary>Pieces of a node without its sockets.</summary>
internal static class MicroParts
{
    private static readonly OutboxGauge Gauge = new();
    private static readonly NoSink Sink = new();
    private static readonly Action<Subscription, ChannelPosition, Exception?> Nothing = static (_, _, _) => { };

    public static ChannelMessage Message(int offset) => new()
    {
        Channel = "room:room-001",
        MessageId = "0193a5c0f0f07d3e8a3c5b7d9e1f2a3b",
        Position = new Position { Epoch = 1_700_000_000_000_000, Offset = offset },
        Content = new Content { Data = new string('x', 128), Timestamp = 1_700_000_000_000 },
    };

    public static SharedFrame Frame()
    {
        var frame = SharedFrame.Rent();
        frame.Add(new byte[200]);
        return frame;
    }

    public static Session Session() =>
        new("0193a5c0f0f07d3e8a3c5b7d9e1f2a3b", FrameCodec.Json, new SessionWriter(new Outbox(1 << 20, 1000, Gauge), Sink), DateTimeOffset.UnixEpoch, 0);

    public static Subscription Subscription(Session session, ChannelId channel) => new(session, channel) { Activated = Nothing };

    public static ChannelState Room(int members)
    {
        var room = new ChannelState(ChannelId.Room("room-001"));
        for (var i = 0; i < members; i++)
        {
            var session = Session();
            session.SendFirst(new ServerEnvelope { Connected = new Connected() });
            room.Subscribers.Add(Subscription(session, room.Channel));
        }

        return room;
    }

    /// <summary>Takes everything.</summary>
    private sealed class NoSink : FrameSink
    {
        public override bool TrySend(ReadOnlyMemory<byte> bytes, out int sent)
        {
            sent = bytes.Length;
            return true;
        }

        public override bool? Drain(ReadOnlyMemory<byte> rest) => true;

        public override void Finish()
        {
        }

        public override void Dispose()
        {
        }
    }
}
