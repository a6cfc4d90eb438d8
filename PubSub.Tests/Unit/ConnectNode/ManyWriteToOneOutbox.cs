using System.Buffers.Binary;
using PubSub.ConnectNode.Delivery;
using PubSub.ConnectNode.Sessions;
using PubSub.ConnectNode.Sockets;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Unit.ConnectNode;

/// <summary>The turn passes between threads, with and without the outbox' lock: nothing may be lost, doubled or overtaken.</summary>
public sealed class ManyWriteToOneOutbox
{
    private const int Writers = 4;
    private const int Each = 50_000;

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(200)]
    public async Task Each_ones_frames_arrive_once_and_in_order_and_one_thread_writes_at_a_time(int fullEvery)
    {
        var gauge = new OutboxGauge();
        using var sink = new NumberSink(fullEvery);
        var writer = new SessionWriter(new Outbox(int.MaxValue, int.MaxValue, gauge), sink);
        var idle = 0;
        var uncorked = new TaskCompletionSource();
        var writing = Enumerable.Range(0, Writers).Select(number => Task.Run(async () =>
        {
            for (var i = 1; i <= Each; i++)
            {
                var frame = Numbered(number, i);
                Assert.True(writer.TrySend(frame, overCork: false, out _));
                frame.Release();
                if (i % 1000 == 0)
                    writer.WhenIdle(() => Interlocked.Increment(ref idle));
                if (number == 0 && i == Each / 10)
                    uncorked.SetResult();
                if (number == 1 && i == Each / 10)
                    await uncorked.Task;
            }
        })).ToArray();
        await uncorked.Task;
        Assert.Equal(0, sink.Count);
        writer.Uncork(SharedFrame.Rent());
        await Task.WhenAll(writing);

        await Wait.UntilAsync(() => writer.IsIdle && Volatile.Read(ref idle) >= Writers * Each / 1000, "all to be written and told");
        Assert.Equal(Writers * Each, sink.Count);
        Assert.Equal("", sink.Complaint);
        Assert.Equal(Writers * Each / 1000, idle);
        Assert.Equal((0L, 0L, 0L), (gauge.Bytes, gauge.Frames, gauge.Memory));
    }

    private static SharedFrame Numbered(int writer, int number)
    {
        var frame = SharedFrame.Rent();
        BinaryPrimitives.WriteInt64LittleEndian(frame.GetSpan(8), ((long)writer << 32) | (uint)number);
        frame.Advance(8);
        return frame;
    }

    /// <summary>Takes all at once, but every so often nothing until later, on another thread.</summary>
    private sealed class NumberSink(int fullEvery) : FrameSink
    {
        private readonly int[] _last = new int[Writers];
        private int _busy;
        private int _calls;

        public int Count { get; private set; }

        public string Complaint { get; private set; } = "";

        public override bool TrySend(ReadOnlyMemory<byte> bytes, out int sent)
        {
            if (Interlocked.Exchange(ref _busy, 1) == 1)
                Complaint = "Two wrote at once.";
            sent = fullEvery > 0 && ++_calls % fullEvery == 0 ? 0 : bytes.Length;
            Take(bytes[..sent]);
            Volatile.Write(ref _busy, 0);
            return true;
        }

        public override bool? Drain(ReadOnlyMemory<byte> rest)
        {
            if (Interlocked.Exchange(ref _busy, 1) == 1)
                Complaint = "Two wrote at once.";
            ThreadPool.QueueUserWorkItem(_ =>
            {
                Take(rest);
                Volatile.Write(ref _busy, 0);
                Drained!(true);
            });
            return null;
        }

        public override void Finish()
        {
        }

        public override void Dispose()
        {
        }

        private void Take(ReadOnlyMemory<byte> bytes)
        {
            for (; bytes.Length > 0; bytes = bytes[8..], Count++)
            {
                var number = BinaryPrimitives.ReadInt64LittleEndian(bytes.Span);
                ref var last = ref _last[number >> 32];
                if ((int)number != last + 1)
                    Complaint = $"{(int)number} of {number >> 32} came after {last}.";
                last = (int)number;
            }
        }
    }
}
