using BenchmarkDotNet.Attributes;
using PubSub.ConnectNode.Delivery;
using PubSub.ConnectNode.Sessions;

namespace PubSub.Bench.Micro;

/// <summary>A frame through an outbox: written at once, or waiting behind another.</summary>
[MemoryDiagnoser]
public class OutboxBench
{
    private readonly Outbox _outbox = new(1 << 20, 1000, new OutboxGauge());
    private readonly SharedFrame _frame = MicroParts.Frame();

    public OutboxBench()
    {
        _outbox.Uncork(MicroParts.Frame());
        TakeAll();
    }

    [Benchmark]
    public void Alone()
    {
        _outbox.TryEnqueue(_frame);
        TakeAll();
    }

    [Benchmark]
    public void TenWaiting()
    {
        for (var i = 0; i < 11; i++)
            _outbox.TryEnqueue(_frame);
        TakeAll();
    }

    private void TakeAll()
    {
        while (_outbox.TryTake(out var taken, out _))
            taken.Release();
    }
}
