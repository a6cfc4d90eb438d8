using BenchmarkDotNet.Attributes;
using PubSub.ConnectNode.Channels;
using PubSub.ConnectNode.Sessions;
using PubSub.Protocol.Channels;

namespace PubSub.Bench.Micro;

/// <summary>Coming and going in the registries, and what is made for each who comes.</summary>
[MemoryDiagnoser]
public class TableBench
{
    private readonly SessionTable _table = new();
    private readonly ChannelState _room = MicroParts.Room(1000);
    private readonly Session _session = MicroParts.Session();
    private readonly Subscription _subscription;
    public object? Made { get; private set; }

    public TableBench() => _subscription = MicroParts.Subscription(_session, _room.Channel);

    [Benchmark]
    public void SessionComesAndGoes()
    {
        _table.Add(_session);
        _table.Remove(_session);
    }

    [Benchmark]
    public void SubscriberComesAndGoes()
    {
        _room.Subscribers.Add(_subscription);
        _room.Subscribers.Remove(_subscription);
    }

    [Benchmark]
    public ChannelId ParseChannel() => ChannelId.TryParse("room:room-001", out var channel, out _) ? channel : default;

    [Benchmark]
    public object NewSession() => Made = MicroParts.Session();

    [Benchmark]
    public object NewChannel() => Made = new ChannelState(_room.Channel);

    [Benchmark]
    public object NewSubscription() => Made = MicroParts.Subscription(_session, _room.Channel);
}
