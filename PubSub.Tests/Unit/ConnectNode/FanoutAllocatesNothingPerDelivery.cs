using System.Diagnostics;
using Microsoft.Extensions.Options;
using PubSub.ConnectNode;
using PubSub.ConnectNode.Channels;
using PubSub.ConnectNode.Delivery;
using PubSub.ConnectNode.Sessions;
using PubSub.ConnectNode.Sockets;
using PubSub.ConnectNode.Sockets.Deflate;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.Protocol.Client;
using PubSub.Protocol.Frames;

namespace PubSub.Tests.Unit.ConnectNode;

public sealed class FanoutAllocatesNothingPerDelivery
{
    private const int Few = 1000;
    private const int Many = 10_000;

    private readonly OutboxGauge _gauge = new();

    [Fact]
    public void Ten_thousand_sessions_cost_what_a_thousand_cost()
    {
        AssertNothingForEach(PerRun(Few), PerRun(Many));
    }

    [Fact]
    public void Nor_do_sessions_that_are_busy()
    {
        var few = PerRun(Few, isFull: true);
        Assert.True(_gauge.Bytes > 0, "Something waits.");
        AssertNothingForEach(few, PerRun(Many, isFull: true));
    }

    // A run takes an array or two from a pool that may have to make them: some kilobytes, however many get it.
    private static void AssertNothingForEach(long few, long many) => Assert.True(
        many - few < Many - Few, $"{Few} subscribers: {few} B a run; {Many}: {many} B. That is a byte or more for each.");

    [Fact]
    public void Nor_do_rooms_that_let_messages_go()
    {
        AssertNothingForEach(PerRun(Few, policy: SlowReaderPolicy.Conflate), PerRun(Many, policy: SlowReaderPolicy.Conflate));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Nor_do_sessions_that_get_them_deflated(bool isFull)
    {
        var deflation = new Deflation(Options.Create(new NodeOptions { Deflate = true }));
        var window = deflation.Agree("permessage-deflate")!.Window;
        AssertNothingForEach(PerRun(Few, isFull, deflate: window), PerRun(Many, isFull, deflate: window));
        Assert.True(deflation.Counts.Deliveries > 0, "They were deflated.");
    }

    private long PerRun(int sessions, bool isFull = false, SlowReaderPolicy policy = SlowReaderPolicy.Disconnect, DeflateWindow? deflate = null)
    {
        var state = Room([.. Enumerable.Range(0, sessions).Select(_ => Open(new MemorySink { IsFull = isFull }, deflate))]);
        state.SlowReaders = policy;
        var messages = Messages();
        var crew = new FanoutCrew(cores: 1);
        for (var i = 0; i < 50; i++)
            Assert.Equal(sessions, Fanout.Send(state, messages, crew));
        return Measure(() => Fanout.Send(state, messages, crew));
    }

    /// <summary>The least of some runs: what the run-time does beside us must not count.</summary>
    private static long Measure(Action run)
    {
        var least = long.MaxValue;
        for (var i = 0; i < 50; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    private Session Open(FrameSink sink, DeflateWindow? deflate)
    {
        var writer = new SessionWriter(new Outbox(1 << 20, 1000, _gauge), sink) { Deflate = deflate };
        var session = new Session("s", FrameCodec.Json, writer, DateTimeOffset.UnixEpoch, 0);
        session.SendFirst(new ServerEnvelope { Connected = new Connected() });
        return session;
    }

    private static ChannelState Room(Session[] sessions)
    {
        var state = new ChannelState(ChannelId.Room("r"));
        foreach (var session in sessions)
            state.Subscribers.Add(new Subscription(session, state.Channel) { Activated = static (_, _, _) => throw new UnreachableException() });
        return state;
    }

    private static LaneWork[] Messages() =>
        [.. Enumerable.Range(1, 4).Select(static i => new LaneWork(new ChannelMessage { Channel = "room:r", MessageId = $"{i}", Content = new Content { Data = new string('x', 128) } }))];
}

/// <summary>A socket that takes everything, or nothing.</summary>
internal sealed class MemorySink : FrameSink
{
    public bool IsFull { get; set; }

    public long Taken { get; private set; }

    public override bool TrySend(ReadOnlyMemory<byte> bytes, out int sent)
    {
        sent = IsFull ? 0 : bytes.Length;
        Taken += sent;
        return true;
    }

    public override bool? Drain(ReadOnlyMemory<byte> rest)
    {
        Taken += rest.Length;
        return null;
    }

    public override void Finish()
    {
    }

    public override void Dispose()
    {
    }
}
