using PubSub.ConnectNode;
using PubSub.ConnectNode.Delivery;
using PubSub.ConnectNode.Sessions;
using PubSub.Protocol;
using PubSub.Protocol.Outcomes;

namespace PubSub.Tests.Unit.ConnectNode;

/// <summary>SPEC.md section 11 where the node's bound is met: nobody is cut off while the policy of a room can make room.</summary>
public sealed class AFullNodeLetsMessagesGoFirst
{
    private const int MaxMemory = 1024 * 1024;

    private readonly OutboxGauge _gauge = new(MaxMemory);
    private readonly SessionTable _sessions = new();

    [Fact]
    public void A_reader_whose_socket_holds_all_that_is_old_is_told_of_what_is_new_and_lives()
    {
        var readers = FillTheNode(SlowReaderPolicy.DropOldest);
        for (var i = 0; i < 50; i++)
        {
            foreach (var reader in readers)
                reader.Deliver("r", SlowReaderPolicy.DropOldest, 1 + (i % 3), size: 3000);
        }

        Assert.True(_gauge.Memory <= MaxMemory + (readers.Count * 2 * BacklogWriter.RoomOfMark), $"{_gauge.Memory} B");
        Assert.All(readers, static reader => Assert.False(reader.Session.IsEnding));
        foreach (var reader in readers)
        {
            var told = reader.Told("r");
            Assert.Equal((reader.Sent["r"].Count, 1, 1), (told.Position, told.Messages.Count, told.Marks));
        }

        Assert.Equal(readers.Sum(static reader => reader.Sent["r"].Count - 1), _gauge.Counts.Dropped);
        Assert.Equal(0, _gauge.Memory);
    }

    [Fact]
    public void What_waits_is_exchanged_for_what_is_newer()
    {
        var reader = new SlowReader(_gauge, 1 << 24, 1 << 20);
        reader.Deliver("r", SlowReaderPolicy.DropOldest, 1, size: 3000);
        reader.Deliver("r", SlowReaderPolicy.DropOldest, 1, size: 3000);
        FillTheNode(SlowReaderPolicy.Disconnect);
        for (var i = 0; i < 10; i++)
            reader.Deliver("r", SlowReaderPolicy.DropOldest, 1, size: 3000);
        var told = reader.Told("r");
        Assert.Equal([1L, 12], told.Messages.Select(static message => message.Offset));
        Assert.Equal((12, 10), (told.Position, told.Skipped));
    }

    [Fact]
    public void The_new_state_of_a_key_takes_the_place_of_the_one_that_waits()
    {
        var reader = new SlowReader(_gauge, 1 << 24, 1 << 20);
        foreach (var key in new[] { "socket", "a", "b" })
            reader.Deliver("r", SlowReaderPolicy.Conflate, 1, size: 3000, key: key);
        FillTheNode(SlowReaderPolicy.Disconnect);
        for (var i = 0; i < 10; i++)
        {
            reader.Deliver("r", SlowReaderPolicy.Conflate, 1, size: 3000, key: "a");
            reader.Deliver("r", SlowReaderPolicy.Conflate, 1, size: 3000, key: "b");
        }

        Assert.False(reader.Session.IsEnding);
        // A further state may not wait: of a room that conflates the newest of each key is promised.
        reader.Deliver("r", SlowReaderPolicy.Conflate, 1, size: 3000, key: "c");
        Assert.Equal(DisconnectReason.SlowConsumer, reader.Session.EndReason);
        Assert.Equal(20, _gauge.Counts.Conflated);
    }

    [Fact]
    public void Where_no_message_may_go_the_session_ends()
    {
        FillTheNode(SlowReaderPolicy.DropOldest);
        var reader = new SlowReader(_gauge, 1 << 24, 1 << 20);
        reader.Deliver("r", SlowReaderPolicy.Disconnect, 1, size: 10);
        reader.Deliver("r", SlowReaderPolicy.Disconnect, 1, size: 10);
        Assert.Equal(DisconnectReason.SlowConsumer, reader.Session.EndReason);
        Assert.Equal(1, _gauge.Counts.Disconnects);
    }

    [Fact]
    public void The_guard_ends_nobody_while_anybody_can_let_messages_go()
    {
        var drops = Open(SlowReaderPolicy.DropOldest, 5 * MaxMemory / 16);
        var keeps = Open(SlowReaderPolicy.Disconnect, MaxMemory);
        Relieve();
        Assert.True(_gauge.IsRelieved && _gauge.Counts.Dropped > 0);
        Assert.False(keeps.Session.IsEnding || drops.Session.IsEnding);
        Assert.Equal(drops.Sent["r"].Count, drops.Told("r").Position);
    }

    [Fact]
    public void Readers_in_step_free_what_they_share_before_anybody_is_ended()
    {
        var readers = Enumerable.Range(0, 20).Select(_ => Open(SlowReaderPolicy.DropOldest, 0)).ToList();
        var frames = Enumerable.Range(0, 1000).Select(i => Labelled(i, 3000));
        foreach (var frame in frames.TakeWhile(_ => !_gauge.IsHigh))
        {
            readers.ForEach(reader => reader.Session.TrySend(frame));
            frame.Release();
        }

        Relieve();
        Assert.True(_gauge.IsRelieved, $"{_gauge.Memory} B");
        Assert.Equal(0, _gauge.Counts.Disconnects);
        Assert.All(readers, static reader => Assert.False(reader.Session.IsEnding));
    }

    [Fact]
    public void Where_nothing_more_can_go_the_largest_are_ended_until_there_is_room()
    {
        var readers = FillTheNode(SlowReaderPolicy.DropOldest);
        Relieve();
        Assert.True(_gauge.IsRelieved || readers.TrueForAll(static reader => reader.Session.IsEnding));
        Assert.InRange(_gauge.Counts.Disconnects, 1, readers.Count);
    }

    [Fact]
    public void A_ping_that_finds_no_room_ends_nobody()
    {
        var readers = FillTheNode(SlowReaderPolicy.DropOldest);
        var sweep = new IdleSweep(_sessions, TimeProvider.System, Microsoft.Extensions.Options.Options.Create(new NodeOptions { HeartbeatSeconds = 15 }));
        sweep.Sweep(15_000);
        Assert.All(readers, static reader => Assert.False(reader.Session.IsEnding));
        sweep.Dispose();
    }

    /// <summary>Each has one frame of its own in its full socket, and nothing behind it.</summary>
    private List<SlowReader> FillTheNode(SlowReaderPolicy policy)
    {
        var readers = new List<SlowReader>();
        while (!_gauge.IsFull)
        {
            readers.Add(Open(policy, 0));
            readers[^1].Deliver("r", policy, 1, size: 30_000);
        }

        return readers;
    }

    /// <summary>Behind by so many bytes, or until the node has too much.</summary>
    private SlowReader Open(SlowReaderPolicy policy, int bytes)
    {
        var reader = new SlowReader(_gauge, 1 << 24, 1 << 20);
        reader.Session.User = new SessionUser("u", "U");
        _sessions.Add(reader.Session);
        while (reader.Session.Writer.Backlog < bytes && !_gauge.IsHigh)
            reader.Deliver("r", policy, 1, size: 3000);
        return reader;
    }

    private void Relieve()
    {
        using var guard = new BacklogGuard(_sessions, _gauge, TimeProvider.System);
        guard.Relieve();
    }

    private static SharedFrame Labelled(int offset, int size)
    {
        var frame = SharedFrame.Rent(size);
        frame.Add(new byte[size]);
        frame.Label = new RunLabel(
            "room:r", PubSub.Protocol.Frames.FrameCodec.Json, SlowReaderPolicy.DropOldest, [new RunPiece(0, size, new Gapped(7, offset, offset, 1), "", false)]);
        return frame;
    }
}
