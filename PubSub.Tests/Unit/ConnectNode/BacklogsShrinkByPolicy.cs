using System.Diagnostics;
using FsCheck;
using FsCheck.Fluent;
using PubSub.ConnectNode.Channels;
using PubSub.ConnectNode.Delivery;
using PubSub.ConnectNode.Sessions;
using PubSub.ConnectNode.Sockets.Deflate;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.Protocol.Client;
using PubSub.Protocol.Frames;
using PubSub.Protocol.Outcomes;

namespace PubSub.Tests.Unit.ConnectNode;

/// <summary>SPEC.md section 11, at the outbox of a session whose socket takes nothing.</summary>
public sealed class BacklogsShrinkByPolicy
{
    private const int MaxBytes = 16 * 1024;
    private const int MaxFrames = 64;

    private readonly OutboxGauge _gauge = new();

    [Fact]
    public void Gap_marks_cover_exactly_what_was_dropped() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(
        Arb.From(Gen.Choose(1, 9).NonEmptyListOf().Two()), lists =>
        {
            var reader = new SlowReader(_gauge, MaxBytes, MaxFrames);
            for (var i = 0; i < 60; i++)
            {
                // Two rooms, runs of all lengths, answers between them.
                reader.Deliver("a", SlowReaderPolicy.DropOldest, lists.Item1[i % lists.Item1.Count], size: 300);
                reader.Deliver("b", SlowReaderPolicy.Conflate, lists.Item2[i % lists.Item2.Count], size: 200, keys: 5);
                if (i % 7 == 0)
                    reader.Session.Send(new ServerEnvelope { Pong = new Pong() });
            }

            var frames = reader.Open();
            foreach (var (room, sent) in reader.Sent)
            {
                var oracle = new GapOracle($"room:{room}");
                frames.ForEach(oracle.Take);
                Assert.Equal(sent.Count, oracle.Position);
                Assert.True(oracle.Skipped > 0);
            }

            Assert.Equal(9, frames.Count(frame => frame.Pong is not null));
            Assert.Equal(0, _gauge.Bytes);
            Assert.Equal(0, _gauge.Frames);
            Assert.Equal(0, _gauge.Memory);
        }));

    [Fact]
    public void What_is_dropped_is_the_oldest_and_leaves_one_mark()
    {
        var reader = new SlowReader(_gauge, MaxBytes, MaxFrames);
        for (var i = 0; i < 500; i++)
            reader.Deliver("a", SlowReaderPolicy.DropOldest, 1, size: 300);
        Assert.InRange(_gauge.Bytes, MaxBytes / 2, MaxBytes);
        var oracle = reader.Told("a");
        Assert.Equal(1, oracle.Marks);
        Assert.Equal(500, oracle.Messages[^1].Offset);
        Assert.InRange(oracle.Messages.Count, 20, 50);
        Assert.Equal(oracle.Skipped, _gauge.Counts.Dropped);
    }

    [Fact]
    public void The_newest_of_each_key_stays_and_what_has_no_key()
    {
        var reader = new SlowReader(_gauge, MaxBytes, MaxFrames);
        reader.Deliver("a", SlowReaderPolicy.Conflate, 1, size: 100);
        // The first is with the socket already; the second and the once-told key wait from beginning to end.
        reader.Deliver("a", SlowReaderPolicy.Conflate, 1, size: 100);
        reader.Deliver("a", SlowReaderPolicy.Conflate, 1, size: 100, key: "once");
        for (var i = 0; i < 200; i++)
            reader.Deliver("a", SlowReaderPolicy.Conflate, 3, size: 300, keys: 10);
        var oracle = reader.Told("a");
        Assert.Equal(603, oracle.Position);
        Assert.Equal([1L, 2, 3], oracle.Messages.Take(3).Select(message => message.Offset));
        var told = oracle.Messages.Select(message => message.Offset).ToHashSet();
        var sent = reader.Sent["a"];
        foreach (var gone in sent.Where(message => !told.Contains(message.Position.Offset)))
            Assert.Contains(sent, later => later.Position.Offset > gone.Position.Offset && later.Content.Key == gone.Content.Key && told.Contains(later.Position.Offset));
        Assert.Equal(oracle.Skipped, _gauge.Counts.Conflated);
        Assert.True(oracle.Skipped > 500);
    }

    [Fact]
    public void More_keys_than_fit_and_rooms_that_drop_nothing_end_the_session()
    {
        foreach (var (policy, keys) in new[] { (SlowReaderPolicy.Conflate, 1000), (SlowReaderPolicy.Conflate, 0), (SlowReaderPolicy.Disconnect, 5) })
        {
            var reader = new SlowReader(_gauge, MaxBytes, MaxFrames);
            for (var i = 0; i < 200; i++)
                reader.Deliver("a", policy, 1, size: 300, keys: keys);
            Assert.Equal(DisconnectReason.SlowConsumer, reader.Session.EndReason);
        }

        Assert.Equal(3, _gauge.Counts.Disconnects);
        Assert.Equal(0, _gauge.Counts.Dropped + _gauge.Counts.Conflated);
    }

    [Fact]
    public void A_room_that_drops_makes_room_for_one_that_does_not()
    {
        var reader = new SlowReader(_gauge, MaxBytes, MaxFrames);
        for (var i = 0; i < 100; i++)
        {
            reader.Deliver("drops", SlowReaderPolicy.DropOldest, 1, size: 1000);
            if (i < 20)
                reader.Deliver("keeps", SlowReaderPolicy.Disconnect, 1, size: 100);
        }

        Assert.False(reader.Session.IsEnding);
        var frames = reader.Open();
        var keeps = new GapOracle("room:keeps");
        frames.ForEach(keeps.Take);
        Assert.Equal((20, 0), (keeps.Messages.Count, keeps.Marks));
    }

    [Fact]
    public void A_mark_never_comes_behind_an_answer_that_ends_the_room()
    {
        var reader = new SlowReader(_gauge, MaxBytes, MaxFrames);
        for (var i = 0; i < 30; i++)
            reader.Deliver("a", SlowReaderPolicy.DropOldest, 1, size: 300);
        reader.Session.Send(new ServerEnvelope { Left = new Left { RoomId = "a" } });
        for (var i = 0; i < 300; i++)
            reader.Deliver("b", SlowReaderPolicy.DropOldest, 1, size: 300);
        var frames = reader.Open();
        var left = frames.FindIndex(frame => frame.Left is not null);
        Assert.InRange(left, 1, frames.Count);
        Assert.DoesNotContain(frames.Skip(left), frame => frame.GapMark?.Channel == "room:a");
        var oracle = new GapOracle("room:a");
        frames.ForEach(oracle.Take);
        Assert.Equal(30, oracle.Position);
    }

    [Fact]
    public void Without_a_log_a_mark_counts_and_names_no_offsets()
    {
        var reader = new SlowReader(_gauge, MaxBytes, MaxFrames) { IsLogged = false };
        for (var i = 0; i < 100; i++)
            reader.Deliver("a", SlowReaderPolicy.DropOldest, 1, size: 1000);
        var frames = reader.Open();
        var mark = Assert.Single(frames, frame => frame.GapMark is not null).GapMark;
        Assert.Equal((0L, 0L, 0L), (mark.Epoch, mark.From, mark.To));
        Assert.Equal(100, mark.Count + frames.Sum(frame => frame.ServerMessages?.Messages.Count ?? 0));
    }
}

/// <summary>A session that reads nothing until it is opened, and the rooms that it is in.</summary>
internal sealed class SlowReader
{
    private readonly RecordingSink _sink = new() { IsFull = false };
    private readonly FanoutCrew _crew = new(1);
    private readonly Dictionary<string, ChannelState> _rooms = [];

    public SlowReader(OutboxGauge gauge, int maxBytes, int maxFrames, DeflateWindow? deflate = null)
    {
        Session = new Session(
            Guid.NewGuid().ToString("N"), FrameCodec.Json, new SessionWriter(new Outbox(maxBytes, maxFrames, gauge), _sink) { Deflate = deflate },
            DateTimeOffset.UnixEpoch, 0)
        {
            Clock = () =>
            {
                WhenEnding();
                return 0;
            },
        };
        Session.SendFirst(new ServerEnvelope { Connected = new Connected() });
        _sink.IsFull = true;
    }

    public Session Session { get; }

    public bool IsLogged { get; init; } = true;

    /// <summary>Comes between the decision to end the session and the end of its backlog.</summary>
    public Action WhenEnding { get; set; } = static () => { };

    public Dictionary<string, List<ChannelMessage>> Sent { get; } = [];

    public void Deliver(string room, SlowReaderPolicy policy, int count, int size, int keys = 0, string key = "")
    {
        if (!_rooms.TryGetValue(room, out var state))
        {
            _rooms[room] = state = new ChannelState(ChannelId.Room(room));
            state.Subscribers.Add(new Subscription(Session, state.Channel) { Activated = static (_, _, _) => throw new UnreachableException() });
            Sent[room] = [];
        }

        state.SlowReaders = policy;
        var run = new LaneWork[count];
        for (var i = 0; i < count; i++)
        {
            var offset = Sent[room].Count + 1;
            var message = new ChannelMessage
            {
                Channel = state.Channel.Text,
                MessageId = $"m{offset}",
                Content = new Content { Data = new string('x', size), Key = keys > 0 ? $"k{offset % keys}" : key },
                Position = IsLogged ? new Position { Epoch = 7, Offset = offset } : null,
            };
            Sent[room].Add(message);
            run[i] = new LaneWork(message);
        }

        Fanout.Send(state, run, _crew);
    }

    public List<ServerEnvelope> Open()
    {
        _sink.Open();
        return _sink.Frames(FrameCodec.Json);
    }

    public GapOracle Told(string room)
    {
        var oracle = new GapOracle($"room:{room}");
        Open().ForEach(oracle.Take);
        return oracle;
    }
}
