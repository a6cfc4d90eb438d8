using Microsoft.Extensions.Options;
using PubSub.ConnectNode;
using PubSub.ConnectNode.Sessions;
using PubSub.Protocol;
using PubSub.Protocol.Outcomes;

namespace PubSub.Tests.Unit.ConnectNode;

public sealed class BacklogsOfTheNodeAreBounded
{
    private const int MaxMemory = 1024 * 1024;

    private readonly OutboxGauge _gauge = new(MaxMemory);
    private readonly SessionTable _sessions = new();

    [Fact]
    public void The_largest_backlog_goes_first_by_its_rooms_policy()
    {
        var small = Open(SlowReaderPolicy.Disconnect, messages: 10);
        var middle = Open(SlowReaderPolicy.Disconnect, messages: 20);
        var large = Open(SlowReaderPolicy.DropOldest);

        using var guard = new BacklogGuard(_sessions, _gauge, TimeProvider.System);
        guard.Relieve();
        Assert.True(_gauge.IsRelieved, $"{_gauge.Memory} B");
        Assert.False(small.Session.IsEnding || middle.Session.IsEnding || large.Session.IsEnding);
        Assert.Equal(large.Sent["r"].Count, large.Told("r").Position);
        Assert.True(_gauge.Counts.Dropped > 10);
        Assert.Equal(0, _gauge.Counts.Disconnects);
    }

    [Fact]
    public void Where_the_largest_lets_nothing_go_it_ends_and_the_others_stay()
    {
        var small = Open(SlowReaderPolicy.Disconnect, messages: 20);
        var large = Open(SlowReaderPolicy.Disconnect);
        using var guard = new BacklogGuard(_sessions, _gauge, TimeProvider.System);
        guard.Relieve();
        Assert.Equal(DisconnectReason.SlowConsumer, large.Session.EndReason);
        Assert.False(small.Session.IsEnding);
        Assert.True(_gauge.IsRelieved);
    }

    [Fact]
    public void Nobody_pays_for_one_whom_somebody_else_is_just_about_to_end()
    {
        var small = Open(SlowReaderPolicy.Disconnect, messages: 20);
        var large = Open(SlowReaderPolicy.Disconnect);
        using var guard = new BacklogGuard(_sessions, _gauge, TimeProvider.System);
        large.WhenEnding = guard.Relieve;
        large.Session.End(DisconnectReason.SlowConsumer);
        Assert.False(small.Session.IsEnding);
        Assert.Equal(1, _gauge.Counts.Disconnects);
        Assert.True(_gauge.IsRelieved);
    }

    [Fact]
    public void Nothing_more_waits_when_it_is_full_even_before_anybody_has_gone()
    {
        var readers = Enumerable.Range(0, 40).Select(i => Open(i % 2 == 0 ? SlowReaderPolicy.DropOldest : SlowReaderPolicy.Disconnect, messages: 1)).ToList();
        for (var i = 0; i < 100; i++)
        {
            foreach (var reader in readers)
            {
                reader.Deliver("r", reader == readers[0] ? SlowReaderPolicy.DropOldest : SlowReaderPolicy.Disconnect, 1, size: 500);
                Assert.True(_gauge.Memory < MaxMemory + 16_384, $"{_gauge.Memory} B");
            }
        }

        Assert.True(_gauge.Counts.Disconnects > 0);
    }

    [Fact]
    public void Frames_that_many_wait_for_take_their_memory_once()
    {
        var one = Open(SlowReaderPolicy.Disconnect, messages: 50);
        var memory = _gauge.Memory;
        var frame = PubSub.ConnectNode.Delivery.SharedFrame.Rent();
        frame.Add(new byte[500]);
        for (var i = 0; i < 30; i++)
            one.Session.TrySend(frame);
        Assert.Equal(memory + frame.Capacity, _gauge.Memory);
        frame.Release();
    }

    [Fact]
    public void The_settings_reach_the_gauge()
    {
        var gauge = new OutboxGauge(Options.Create(new NodeOptions { OutboxNodeMaxBytes = 65_536, OutboxNodeMaxFrames = 1024 }));
        var reader = new SlowReader(gauge, 1 << 30, 1 << 20);
        for (var i = 0; i < 2000; i++)
            reader.Deliver("r", SlowReaderPolicy.DropOldest, 1, size: 10);
        Assert.False(gauge.IsFull);
        Assert.InRange(gauge.Frames, 10, 1024);
        Assert.InRange(gauge.Memory, 1024, 65_536);
        Assert.Equal(2000, reader.Told("r").Position);
    }

    /// <summary>Behind by so many messages, or until the node has too much.</summary>
    private SlowReader Open(SlowReaderPolicy policy, int messages = int.MaxValue)
    {
        var reader = new SlowReader(_gauge, 16 * 1024 * 1024, 100_000);
        _sessions.Add(reader.Session);
        for (var i = 0; i < messages && !_gauge.IsHigh; i++)
            reader.Deliver("r", policy, 1, size: 3000);
        return reader;
    }
}
