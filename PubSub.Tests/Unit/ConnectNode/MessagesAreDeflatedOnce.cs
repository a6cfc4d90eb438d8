using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using PubSub.ConnectNode;
using PubSub.ConnectNode.Channels;
using PubSub.ConnectNode.Delivery;
using PubSub.ConnectNode.Sessions;
using PubSub.ConnectNode.Sockets.Deflate;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.Protocol.Client;
using PubSub.Protocol.Frames;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Unit.ConnectNode;

/// <summary>SPEC.md 13.3: however many get a message, it is deflated once for each window that they agreed to.</summary>
public sealed class MessagesAreDeflatedOnce
{
    private readonly OutboxGauge _gauge = new();
    private readonly Deflation _deflation = new(Options.Create(new NodeOptions { Deflate = true }));

    private DeflateCounts Counts => _deflation.Counts;

    [Theory]
    [InlineData(100, 1)]
    [InlineData(5000, 4)]
    public void Once_for_a_whole_channel_and_on_however_many_cores(int subscribers, int cores)
    {
        var sinks = Sinks(subscribers);
        var room = Room(sinks, _ => Window("permessage-deflate"));

        Assert.Equal(subscribers, Fanout.Send(room, Messages(3, 1000), new FanoutCrew(cores)));

        Assert.Equal(3, Counts.Messages);
        Assert.Equal(3 * subscribers, Counts.Deliveries);
        Assert.Equal((Counts.BytesBefore - Counts.BytesAfter) * subscribers, Counts.BytesSaved);
        Assert.All(sinks, static sink => AssertGot(sink, FrameCodec.Json, 3));
    }

    [Fact]
    public void Not_at_all_where_nobody_agreed()
    {
        var sinks = Sinks(100);
        Fanout.Send(Room(sinks, static _ => null), Messages(3, 1000), new FanoutCrew(1));

        Assert.Equal(0, Counts.Messages + Counts.Kept + Counts.Deliveries + Counts.BytesSaved);
        Assert.All(sinks, static sink => AssertGot(sink, FrameCodec.Json, 3));
    }

    [Fact]
    public void Once_for_each_window_and_encoding()
    {
        var sinks = Sinks(60);
        string[] offers = ["permessage-deflate", "permessage-deflate; server_max_window_bits=9", "permessage-deflate; server_max_window_bits=11"];
        var room = Room(sinks, i => Window(offers[i % 3]), static i => i % 2 == 0 ? FrameCodec.Json : FrameCodec.Protobuf);

        Fanout.Send(room, Messages(1, 1000), new FanoutCrew(1));

        Assert.Equal(4, Counts.Messages);
        Assert.Equal(60, Counts.Deliveries);
        for (var i = 0; i < sinks.Length; i++)
            AssertGot(sinks[i], i % 2 == 0 ? FrameCodec.Json : FrameCodec.Protobuf, 1);
    }

    [Fact]
    public void Windows_share_what_fits_into_each_of_them()
    {
        var room = Room(Sinks(10), i => Window($"permessage-deflate; server_max_window_bits={(i % 2 == 0 ? 15 : 12)}"));
        Fanout.Send(room, Messages(1, 1000), new FanoutCrew(1));
        Assert.Equal(1, Counts.Messages);
        Fanout.Send(room, Messages(1, 5000), new FanoutCrew(1));
        Assert.Equal(3, Counts.Messages);
    }

    [Fact]
    public void Short_messages_and_answers_are_not_tried()
    {
        var sink = new RecordingSink { IsFull = false };
        var room = Room([sink], _ => Window("permessage-deflate"), static _ => FrameCodec.Protobuf);
        room.Subscribers.Members[0].Session.Send(new ServerEnvelope { Presence = new Presence { RoomId = new string('x', 1000) } });
        Fanout.Send(room, Messages(1, 10), new FanoutCrew(1));
        Assert.Equal(0, Counts.Messages + Counts.Kept);
        AssertGot(sink, FrameCodec.Protobuf, 1);
    }

    [Fact]
    public void What_waits_counts_as_long_as_it_is_and_nothing_is_left_of_it()
    {
        var sinks = Sinks(10);
        var room = Room(sinks, i => i < 5 ? Window("permessage-deflate") : null);
        Array.ForEach(sinks, static sink => sink.IsFull = true);
        // The first is with the sockets, the second in the outboxes.
        Fanout.Send(room, Messages(1, 4000), new FanoutCrew(1));
        Fanout.Send(room, Messages(1, 4000), new FanoutCrew(1));
        Assert.InRange(_gauge.Bytes, 5 * 4000, (5 * 4300) + (5 * 400));
        Array.ForEach(sinks, static sink => sink.Open());
        Assert.Equal((0, 0), (_gauge.Bytes, _gauge.Memory));
        Assert.All(sinks, static sink => AssertGot(sink, FrameCodec.Json, 2));
    }

    [Theory]
    [InlineData(SlowReaderPolicy.DropOldest)]
    [InlineData(SlowReaderPolicy.Conflate)]
    public void Deflated_messages_are_passed_over_one_by_one(SlowReaderPolicy policy)
    {
        var reader = new SlowReader(_gauge, 4 * 1024, 64, Window("permessage-deflate"));
        for (var i = 0; i < 60; i++)
            reader.Deliver("a", policy, 1 + (i % 7), size: 300, keys: 5);
        var oracle = reader.Told("a");
        Assert.Equal(reader.Sent["a"].Count, oracle.Position);
        Assert.True(oracle.Skipped > 0, "Something was passed over.");
        Assert.True(Counts.Deliveries > 0, "They were deflated.");
        Assert.Equal((0, 0), (_gauge.Bytes, _gauge.Memory));
    }

    [Fact]
    public async Task A_node_tells_what_it_cost_and_gained()
    {
        await using var node = await NodeHost.StartAsync(static options => options.Deflate = true);
        using var one = await RawWebSocket.OpenAsync(node.Port, "user_id=u1&room_id=r", extensions: "permessage-deflate");
        using var other = await RawWebSocket.OpenAsync(node.Port, "user_id=u2&room_id=r", extensions: "permessage-deflate");
        using var plain = await RawWebSocket.OpenAsync(node.Port, "user_id=u3&room_id=r");
        RawWebSocket[] all = [one, other, plain];
        foreach (var socket in all)
            await socket.ReadAsync("joined");
        node.Deliver(node.Upstream.Append("room:r", new string('x', 1000)));
        foreach (var socket in all)
            await socket.ReadAsync("serverMessages");

        var meters = node.Services.GetRequiredService<IMeterFactory>();
        Dictionary<string, long> seen = [];
        await Wait.UntilAsync(() => (seen = Read(meters))["connect_node.deflate.deliveries"] == 2, "the run to be over");
        Assert.Equal(1, seen["connect_node.deflate.messages deflated"]);
        Assert.Equal(0, seen["connect_node.deflate.messages kept"]);
        Assert.InRange(seen["connect_node.deflate.bytes.before"], 1000, 1400);
        Assert.InRange(seen["connect_node.deflate.bytes.after"], 100, 400);
        Assert.Equal(2 * (seen["connect_node.deflate.bytes.before"] - seen["connect_node.deflate.bytes.after"]), seen["connect_node.deflate.saved"]);
    }

    private static Dictionary<string, long> Read(IMeterFactory meters)
    {
        var seen = new Dictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == meters && instrument.Name.StartsWith("connect_node.deflate", StringComparison.Ordinal))
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            seen[instrument.Name + (tags.Length > 0 ? $" {tags[0].Value}" : "")] = value);
        listener.Start();
        listener.RecordObservableInstruments();
        return seen;
    }

    private DeflateWindow? Window(string offer) => _deflation.Agree(offer)!.Window;

    private static RecordingSink[] Sinks(int count) => [.. Enumerable.Range(0, count).Select(static _ => new RecordingSink { IsFull = false })];

    private ChannelState Room(RecordingSink[] sinks, Func<int, DeflateWindow?> window, Func<int, FrameCodec>? codec = null)
    {
        var state = new ChannelState(ChannelId.Room("r"));
        for (var i = 0; i < sinks.Length; i++)
        {
            var writer = new SessionWriter(new Outbox(1 << 20, 1000, _gauge), sinks[i]) { Deflate = window(i) };
            var session = new Session($"s{i}", codec?.Invoke(i) ?? FrameCodec.Json, writer, DateTimeOffset.UnixEpoch, 0);
            session.SendFirst(new ServerEnvelope { Connected = new Connected() });
            state.Subscribers.Add(new Subscription(session, state.Channel) { Activated = static (_, _, _) => { } });
        }

        return state;
    }

    private static LaneWork[] Messages(int count, int size) =>
        [.. Enumerable.Range(1, count).Select(i => new LaneWork(new ChannelMessage { Channel = "room:r", MessageId = $"m{i}", Content = new Content { Data = new string('x', size) } }))];

    private static void AssertGot(RecordingSink sink, FrameCodec codec, int messages) =>
        Assert.Equal(messages, sink.Frames(codec).Sum(static frame => frame.ServerMessages?.Messages.Count ?? 0));
}
