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
        {
            var sink = new RecordingSink { IsFull = false };
            var writer = new SessionWriter(new Outbox(int.MaxValue, int.MaxValue, _gauge), sink);
            writer.Uncork(SharedFrame.Rent());
            sink.IsFull = true;
            _readers.Add((writer, sink));
        }
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
