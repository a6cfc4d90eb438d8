using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using PubSub.Protocol;
using PubSub.Protocol.Client;
using PubSub.Protocol.Frames;

namespace PubSub.Tests.Unit.Protocol.Frames;

/// <summary>SPEC.md sections 2 to 4, for each encoding.</summary>
public abstract class FrameCodecSpec(FrameCodec codec)
{
    private static readonly Gen<string> Text = Gen.Elements("", "a", "room-001", "ü€😀", "\"\\\n\u0001</script>", new string('x', 300))
        .Or(ArbMap.Default.ArbFor<NonNull<string>>().Generator.Select(static text => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Get))));

    private static readonly Gen<long> Number = ArbMap.Default.ArbFor<long>().Generator;

    [Fact]
    public void What_clients_send_comes_back_the_same() => Check.One(
        Config.QuickThrowOnFailure,
        Prop.ForAll(Arb.From(ClientFrames()), frame => Assert.Equal(frame, codec.DecodeClient(Bytes(output => codec.Encode(frame, output))))));

    [Fact]
    public void What_nodes_send_comes_back_the_same() => Check.One(
        Config.QuickThrowOnFailure,
        Prop.ForAll(Arb.From(ServerFrames()), frame => Assert.Equal(frame, codec.DecodeServer(Bytes(output => codec.Encode(frame, output))))));

    [Fact]
    public void A_message_alone_is_written_as_a_frame_with_it_is() => Check.One(
        Config.QuickThrowOnFailure,
        Prop.ForAll(Arb.From(ChannelMessages()), message =>
        {
            var frame = new ServerEnvelope { ServerMessages = new ServerMessages { Messages = { ServerFrame.Message(message) } } };
            Assert.Equal(Bytes(output => codec.Encode(frame, output)), Bytes(output => codec.Encode(message, output)));
        }));

    [Fact]
    public void Garbage_is_a_violation_and_nothing_else() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(2000),
        Prop.ForAll<byte[]>(bytes => Throws(() => codec.DecodeClient(bytes)) && Throws(() => codec.DecodeServer(bytes))));

    [Fact]
    public void A_frame_that_is_cut_or_changed_is_read_or_is_a_violation() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(2000),
        Prop.ForAll(Arb.From(from frame in ClientFrames() from place in Gen.Choose(0, 10_000) from value in Gen.Choose(0, 255) select (frame, place, value)), input =>
        {
            var bytes = Bytes(output => codec.Encode(input.frame, output));
            if (bytes.Length == 0)
                return true;
            bytes[input.place % bytes.Length] = (byte)input.value;
            return Throws(() => codec.DecodeClient(bytes)) && Throws(() => codec.DecodeClient(bytes.AsSpan(0, input.place % bytes.Length)));
        }));

    private static bool Throws(Action decode)
    {
        try
        {
            decode();
            return true;
        }
        catch (ProtocolViolationException)
        {
            return true;
        }
    }

    private static byte[] Bytes(Action<IBufferWriter<byte>> encode)
    {
        var output = new ArrayBufferWriter<byte>();
        encode(output);
        return output.WrittenSpan.ToArray();
    }

    private static Gen<ClientEnvelope> ClientFrames() =>
        from id in Gen.Elements("", "1", "ü")
        from text in Text
        from other in Text
        from number in Number
        from flag in Gen.Elements(true, false)
        from kind in Gen.Choose(0, 9)
        select kind switch
        {
            0 => new ClientEnvelope { Id = id, Connect = new Connect { Token = text, DeviceId = other, Positions = { Cursor(other, number), Cursor(text, 1) } } },
            1 => new ClientEnvelope { Id = id, Join = new Join { RoomId = text, Position = flag ? Cursor(other, number) : null } },
            2 => new ClientEnvelope { Id = id, Leave = new Leave { RoomId = text } },
            3 => new ClientEnvelope
            {
                Id = id,
                ClientMessages = new ClientMessages
                {
                    RoomId = text,
                    Content = other,
                    Binary = flag ? ByteString.CopyFromUtf8(text) : ByteString.Empty,
                    Type = (MessageType)(number & 3),
                    MessageId = other,
                    Key = text,
                    Metadata = { [text] = other },
                },
            },
            4 => new ClientEnvelope { Id = id, Presence = new PresenceRequest { RoomId = text } },
            5 => new ClientEnvelope { Id = id, History = new HistoryRequest { Channel = text, Epoch = number, Since = number, Limit = (int)number } },
            6 => new ClientEnvelope { Id = id, Ack = new Ack { Read = flag, Positions = { Cursor(text, number) } } },
            7 => new ClientEnvelope { Id = id, RegisterDevice = new RegisterDevice { DeviceId = text, Platform = (PushPlatform)((uint)number % 3), Token = other } },
            8 => new ClientEnvelope { Id = id, RemoveDevice = new RemoveDevice { DeviceId = text } },
            _ => new ClientEnvelope { Id = id, Ping = new Ping() },
        };

    private static Gen<ChannelMessage> ChannelMessages() =>
        from text in Text
        from other in Text
        from number in Number
        from flag in Gen.Elements(true, false)
        from kind in Gen.Choose(0, 4)
        select new ChannelMessage
        {
            Channel = text,
            MessageId = other,
            Position = flag ? new Position { Epoch = number, Offset = 7 } : null,
            Sender = flag ? null : new Sender { UserId = other, UserName = text },
            Content = kind switch
            {
                0 => null,
                1 => new Content { Type = (MessageType)(number & 7), Data = other, Timestamp = number, Key = text },
                2 => new Content { Binary = ByteString.CopyFromUtf8(text), Metadata = { [text] = other } },
                3 => new Content { Data = "", Metadata = { ["a"] = other, ["b"] = text } },
                _ => new Content { Type = MessageType.Custom },
            },
        };

    private static Gen<ServerEnvelope> ServerFrames() =>
        from id in Gen.Elements("", "1", "ü")
        from text in Text
        from other in Text
        from number in Number
        from flag in Gen.Elements(true, false)
        from kind in Gen.Choose(0, 13)
        select kind switch
        {
            0 => new ServerEnvelope
            {
                Id = id,
                Connected = new Connected { SessionId = text, UserId = other, NodeId = text, HeartbeatSeconds = (int)number, Channels = { Start(text, number, flag) } },
            },
            1 => new ServerEnvelope { Id = id, Joined = new Joined { RoomId = text, UserCount = (int)number, Channel = Start(other, number, flag) } },
            2 => new ServerEnvelope { Id = id, Left = new Left { RoomId = text, Reason = other } },
            3 => new ServerEnvelope { Id = id, ServerMessages = new ServerMessages { Messages = { Message(text, other, number, flag), Message(other, text, 1, !flag) } } },
            4 => new ServerEnvelope
            {
                Id = id,
                Presence = new Presence { RoomId = text, UserCount = 1, Members = { new PresenceMember { UserId = text, UserName = other, Devices = (int)number } } },
            },
            5 => new ServerEnvelope { Id = id, Error = new Error { Code = (int)number, Message = text } },
            6 => new ServerEnvelope { Id = id, Disconnect = new Disconnect { Code = (int)number, Reason = text, RetryAfterMs = (int)number } },
            7 => new ServerEnvelope { Id = id, Pong = new Pong() },
            8 => new ServerEnvelope { Id = id, Published = new Published { Channel = text, MessageId = other, Epoch = number, Offset = number } },
            9 => new ServerEnvelope
            {
                Id = id,
                History = new History { Channel = text, Epoch = number, FirstOffset = 1, EndOffset = number, Messages = { Message(text, other, number, flag) } },
            },
            10 => new ServerEnvelope { Id = id, GapMark = new GapMark { Channel = text, Epoch = number, From = number, To = number, Count = (int)number } },
            11 => new ServerEnvelope { Id = id, DeviceRegistered = new DeviceRegistered { DeviceId = text, ExpiresAt = number } },
            12 => new ServerEnvelope { Id = id, DeviceRemoved = new DeviceRemoved { DeviceId = text, Removed = flag } },
            _ => new ServerEnvelope { Id = id, Acked = new Acked() },
        };

    private static ChannelCursor Cursor(string channel, long number) => new() { Channel = channel, Epoch = number, Offset = number };

    private static Resumed Start(string channel, long number, bool flag) =>
        new() { Channel = channel, Epoch = number, Offset = number, Recovered = flag };

    private static ServerMessage Message(string text, string other, long number, bool flag) => new()
    {
        Channel = text,
        Id = other,
        Offset = number,
        Epoch = number,
        Type = (MessageType)(number & 7),
        Data = text,
        Binary = flag ? ByteString.CopyFromUtf8(other) : ByteString.Empty,
        Timestamp = number,
        Sender = flag ? new Sender { UserId = text, UserName = other } : null,
        Metadata = { [other] = text },
    };
}

public sealed class JsonFramesTravelWhole() : FrameCodecSpec(FrameCodec.Json);

public sealed class ProtobufFramesTravelWhole() : FrameCodecSpec(FrameCodec.Protobuf);
