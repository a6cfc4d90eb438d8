using BenchmarkDotNet.Attributes;
using PubSub.ConnectNode.Channels;
using PubSub.ConnectNode.Delivery;

namespace PubSub.Bench.Micro;

/// <summary>A message to the subscribers of its channel, into sockets that take everything.</summary>
[MemoryDiagnoser]
public class FanoutBench
{
    private readonly FanoutCrew _crew = new(Environment.ProcessorCount);
    private readonly ChannelState _one = MicroParts.Room(1);
    private readonly ChannelState _thousand = MicroParts.Room(1000);
    private readonly LaneWork[] _message = [new(MicroParts.Message(1))];
    private readonly LaneWork[] _run = [.. Enumerable.Range(1, 64).Select(static i => new LaneWork(MicroParts.Message(i)))];

    [Benchmark]
    public int ToOne() => Fanout.Send(_one, _message, _crew);

    [Benchmark]
    public int ToThousand() => Fanout.Send(_thousand, _message, _crew);

    [Benchmark]
    public int RunOf64ToThousand() => Fanout.Send(_thousand, _run, _crew);
}
