using PubSub.ConnectNode.Sessions;
using PubSub.Protocol.Client;
using PubSub.Protocol.Frames;
using PubSub.Protocol.Outcomes;

namespace PubSub.Tests.Unit.ConnectNode;

public sealed class OutboxIsBounded
{
    private readonly OutboxGauge _gauge = new();
    private readonly MemorySink _sink = new() { IsFull = true };

    [Fact]
    public void Who_reads_too_slowly_is_ended_and_nothing_stays_behind()
    {
        var session = Open(maxBytes: 1000, maxFrames: 100);
        var sent = 0;
        while (!session.IsEnding && sent++ < 1000)
            session.Send(new ServerEnvelope { Left = new Left { RoomId = new string('r', 100) } });
        Assert.Equal(DisconnectReason.SlowConsumer, session.EndReason);
        Assert.InRange(sent, 5, 12);

        _sink.IsFull = false;
        _sink.Drained!(true);
        Assert.True(session.Writer.Ended.IsCompleted);
        Assert.Equal(0, _gauge.Bytes);
    }

    [Fact]
    public void What_gathers_during_a_write_leaves_in_one()
    {
        var session = Open(maxBytes: 1 << 20, maxFrames: 100);
        for (var i = 0; i < 10; i++)
            session.Send(new ServerEnvelope { Pong = new Pong() });
        Assert.True(_gauge.Bytes > 0);
        _sink.IsFull = false;
        _sink.Drained!(true);
        Assert.Equal(0, _gauge.Bytes);
    }

    [Fact]
    public void Nothing_passes_the_first_frame()
    {
        _sink.IsFull = false;
        var session = new Session("s", FrameCodec.Json, new SessionWriter(new Outbox(1000, 10, _gauge), _sink), DateTimeOffset.UnixEpoch, 0);
        session.Send(new ServerEnvelope { Pong = new Pong() });
        Assert.Equal(0, _sink.Taken);
        session.SendFirst(new ServerEnvelope { Connected = new Connected() });
        Assert.True(_sink.Taken > 0);
        Assert.Equal(0, _gauge.Bytes);
    }

    private Session Open(int maxBytes, int maxFrames)
    {
        var session = new Session(
            "s", FrameCodec.Json, new SessionWriter(new Outbox(maxBytes, maxFrames, _gauge), _sink), DateTimeOffset.UnixEpoch, 0);
        session.SendFirst(new ServerEnvelope { Connected = new Connected() });
        return session;
    }
}
