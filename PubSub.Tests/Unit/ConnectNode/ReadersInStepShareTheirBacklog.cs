using PubSub.ConnectNode.Delivery;
using PubSub.ConnectNode.Sessions;

namespace PubSub.Tests.Unit.ConnectNode;

/// <summary>Sessions that fell behind at the same message write what waits from one buffer, however many they are.</summary>
public sealed class ReadersInStepShareTheirBacklog
{
    private const int Readers = 50;
    private const int Waiting = 9;

    private readonly OutboxGauge _gauge = new();
    private readonly List<(SessionWriter Writer, RecordingSink Sink)> _readers = [];

    [Fact]
    public void They_write_from_the_same_memory_which_counts_once_and_goes_with_the_last()
    {
        Open(Readers);
        var expected = Send(0, Waiting + 1);
        foreach (var (_, sink) in _readers)
            sink.Take();

        // Each has all but the first in its full socket now.
        Assert.Single(_readers.Select(reader => reader.Sink.Draining).Distinct());
        Assert.InRange(_gauge.Memory, 1, 2 * Waiting * 1024);
        Assert.Equal((0L, 0L), (_gauge.Bytes, _gauge.Frames));
        foreach (var (_, sink) in _readers)
            sink.Open();
        Assert.All(_readers, reader => Assert.Equal(expected, reader.Sink.Taken));
        Assert.Equal(0, _gauge.Memory);
    }

    [Fact]
    public void Who_is_out_of_step_gets_bytes_of_its_own()
    {
        Open(3);
        var expected = Send(0, 5);
        // One has more behind the same first frame, one begins later, one has something between.
        _readers[0].Sink.Take();
        expected.AddRange(Send(5, 2, _readers[1], _readers[2]));
        _readers[1].Sink.Take();
        var between = Send(100, 1, _readers[2]);
        var more = Send(7, 2, _readers[2]);
        _readers[2].Sink.Take();

        foreach (var (_, sink) in _readers)
            sink.Open();
        Assert.Equal(expected.Take(5), _readers[0].Sink.Taken);
        Assert.Equal(expected, _readers[1].Sink.Taken);
        Assert.Equal(expected.Concat(between).Concat(more), _readers[2].Sink.Taken);
        Assert.Equal(0, _gauge.Memory);
    }

    [Fact]
    public void From_half_of_the_nodes_bound_on_frames_leave_one_by_one_so_that_all_share_them_in_step_or_not()
    {
        var gauge = new OutboxGauge(maxMemory: 64 * 1024);
        var sinks = Enumerable.Range(0, Readers).Select(_ => Open(gauge)).ToList();
        var first = Frame(32 * 1024, 0);
        Assert.True(sinks[0].Writer.TrySend(first, overCork: false, out _));
        var before = gauge.Memory;
        // One more waits for each than for the one before it.
        for (byte i = 1; i < Readers; i++)
        {
            var frame = Frame(16, i);
            sinks.Skip(i - 1).ToList().ForEach(reader => Assert.True(reader.Writer.TrySend(frame, overCork: false, out _)));
            frame.Release();
        }

        var waiting = gauge.Memory;
        sinks.Skip(1).ToList().ForEach(static reader => reader.Sink.Take());
        Assert.True(gauge.Memory <= waiting, $"{gauge.Memory - before} B instead of {waiting - before} B");
        Assert.All(sinks.Skip(3), static reader => Assert.Equal(16, reader.Sink.Draining.Length));
        first.Release();
        sinks.ForEach(static reader => reader.Sink.Open());
        Assert.Equal(0, gauge.Memory);
        Assert.Equal(Enumerable.Repeat((byte)1, 16), sinks[^1].Sink.Taken.Take(16));
        Assert.Equal(16 * (Readers - 1), sinks[^1].Sink.Taken.Count);
    }

    [Fact]
    public void Frames_that_come_from_the_pool_again_are_no_old_ones()
    {
        Open(2);
        for (var round = 0; round < 200; round++)
        {
            var before = _readers[1].Sink.Taken.Count;
            var expected = Send(round, 1 + (round % 4));
            foreach (var (_, sink) in _readers)
            {
                sink.Take();
                sink.Open();
                sink.IsFull = true;
            }

            Assert.Equal(expected, _readers[0].Sink.Taken.Skip(before));
            Assert.Equal(expected, _readers[1].Sink.Taken.Skip(before));
        }

        Assert.Equal(0, _gauge.Memory);
    }

    private void Open(int count)
    {
        for (var i = 0; i < count; i++)
            _readers.Add(Open(_gauge));
    }

    private static (SessionWriter Writer, RecordingSink Sink) Open(OutboxGauge gauge)
    {
        var sink = new RecordingSink { IsFull = false };
        var writer = new SessionWriter(new Outbox(int.MaxValue, int.MaxValue, gauge), sink);
        writer.Uncork(SharedFrame.Rent());
        sink.IsFull = true;
        return (writer, sink);
    }

    private static SharedFrame Frame(int size, byte content)
    {
        var frame = SharedFrame.Rent(size);
        frame.Add(Enumerable.Repeat(content, size).ToArray());
        return frame;
    }

    /// <summary>So many frames of a byte each, to all or to some; what they hold.</summary>
    private List<byte> Send(int first, int count, params (SessionWriter Writer, RecordingSink Sink)[] some)
    {
        var bytes = Enumerable.Range(first, count).Select(static number => (byte)number).ToList();
        foreach (var one in bytes)
        {
            var frame = SharedFrame.Rent();
            frame.Add([one]);
            foreach (var (writer, _) in some.Length > 0 ? some : [.. _readers])
                Assert.True(writer.TrySend(frame, overCork: false, out _));
            frame.Release();
        }

        return bytes;
    }
}
