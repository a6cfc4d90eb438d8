using System.Collections.Concurrent;
using System.Text;
using PubSub.ConnectNode.Channels;
using PubSub.ConnectNode.Delivery;
using PubSub.ConnectNode.Sessions;
using PubSub.ConnectNode.Sockets;
using PubSub.Protocol.Channels;
using PubSub.Protocol.Client;
using PubSub.Protocol.Frames;

namespace PubSub.Tests.Unit.ConnectNode;

public sealed class LargeChannelsAreSpreadOverCores
{
    private const int Members = 5000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly OutboxGauge _gauge = new();

    [Fact]
    public void Everybody_gets_every_run_once_and_in_order()
    {
        var sinks = Enumerable.Range(0, Members).Select(static _ => new RecordingSink()).ToArray();
        var members = Set(sinks, static i => i % 3 == 0 ? FrameCodec.Protobuf : FrameCodec.Json);
        var crew = new FanoutCrew(cores: 4);
        for (var run = 0; run < 20; run++)
            Assert.Equal(Members, crew.Send(members, Frame($"j{run};"), Frame($"p{run};")));

        for (var i = 0; i < Members; i++)
        {
            var encoding = i % 3 == 0 ? 'p' : 'j';
            Assert.Equal(string.Concat(Enumerable.Range(0, 20).Select(run => $"{encoding}{run};")), sinks[i].Text);
        }

        Assert.Equal(Enumerable.Range(0, Members).Count(static i => i % 3 != 0), members.JsonCount);
    }

    [Fact]
    public void A_helper_goes_on_where_the_lane_is_held_up()
    {
        using var lastIsServed = new ManualResetEventSlim();
        var sinks = Enumerable.Range(0, Members).Select(static _ => new RecordingSink()).ToArray();
        var wasHelped = false;
        sinks[0].Before = () => wasHelped = lastIsServed.Wait(Patience);
        sinks[^1].Before = lastIsServed.Set;

        Assert.Equal(Members, new FanoutCrew(cores: 2).Send(Set(sinks, static _ => FrameCodec.Json), Frame("x"), null));

        Assert.True(wasHelped, "Nobody served the last subscriber while the first one held the lane up.");
    }

    [Theory]
    [InlineData(1000, 8)]
    [InlineData(Members, 1)]
    public void Nobody_is_woken_for_a_small_channel_or_on_one_core(int size, int cores)
    {
        var threads = new ConcurrentDictionary<int, bool>();
        var sinks = Enumerable.Range(0, size)
            .Select(_ => new RecordingSink { Before = () => threads[Environment.CurrentManagedThreadId] = true }).ToArray();

        Assert.Equal(size, new FanoutCrew(cores).Send(Set(sinks, static _ => FrameCodec.Json), Frame("x"), null));

        Assert.Equal([Environment.CurrentManagedThreadId], threads.Keys);
    }

    private SubscriberSet Set(RecordingSink[] sinks, Func<int, FrameCodec> codec)
    {
        var members = new SubscriberSet();
        for (var i = 0; i < sinks.Length; i++)
        {
            var session = new Session($"s{i}", codec(i), new SessionWriter(new Outbox(1 << 20, 1000, _gauge), sinks[i]), DateTimeOffset.UnixEpoch, 0);
            session.SendFirst(new ServerEnvelope { Connected = new Connected() });
            sinks[i].Forget();
            members.Add(new Subscription(session, ChannelId.All) { Activated = static (_, _, _) => { } });
        }

        return members;
    }

    private static SharedFrame Frame(string text)
    {
        var frame = SharedFrame.Rent();
        frame.Add(Encoding.ASCII.GetBytes(text));
        return frame;
    }

    private sealed class RecordingSink : FrameSink
    {
        private readonly StringBuilder _text = new();

        // The first thing that is sent is the connected frame.
        private bool _isOpen;

        public Action? Before { get; set; }

        public string Text => _text.ToString();

        public void Forget() => _text.Clear();

        public override bool TrySend(ReadOnlyMemory<byte> bytes, out int sent)
        {
            if (_isOpen)
                Before?.Invoke();
            _isOpen = true;
            _text.Append(Encoding.ASCII.GetString(bytes.Span));
            sent = bytes.Length;
            return true;
        }

        public override bool? Drain(ReadOnlyMemory<byte> rest) => null;

        public override void Finish()
        {
        }

        public override void Dispose()
        {
        }
    }
}
