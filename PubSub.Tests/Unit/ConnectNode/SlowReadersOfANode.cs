using System.Diagnostics.Metrics;
using PubSub.ConnectNode.Delivery;
using PubSub.Protocol;
using PubSub.Protocol.Frames;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Unit.ConnectNode;

/// <summary>SPEC.md section 11, over sockets: one reader stops, another keeps up, and the room goes on.</summary>
public sealed class SlowReadersOfANode : IAsyncLifetime
{
    private const int OutboxBytes = 256 * 1024;
    private const int Keys = 8;

    // More than the kernel keeps for two sockets.
    private const int Messages = 1500;
    private static readonly string Body = new('x', 16 * 1024);

    private NodeHost _node = null!;

    public async Task InitializeAsync() => _node = await NodeHost.StartAsync(options => options.OutboxMaxBytes = OutboxBytes);

    public Task DisposeAsync() => _node.DisposeAsync().AsTask();

    [Theory]
    [InlineData(SlowReaderPolicy.DropOldest)]
    [InlineData(SlowReaderPolicy.Conflate)]
    public async Task Who_comes_back_to_reading_is_told_what_is_missing_and_goes_on(SlowReaderPolicy policy)
    {
        using var stopped = await JoinAsync("u1");
        using var quick = await JoinAsync("u2");
        await PushAsync(quick, policy, Messages);
        Assert.InRange(_node.Outbox.Bytes, 1, OutboxBytes);

        var told = await ReadToAsync(stopped, Messages);
        Assert.True(told.Skipped > 0, "The reader was never behind: send more.");
        Assert.Equal(Messages, told.Messages.Count + told.Skipped);
        Assert.Equal(Messages, told.Messages[^1].Offset);
        Assert.Equal(told.Skipped, policy is SlowReaderPolicy.DropOldest ? _node.Outbox.Counts.Dropped : _node.Outbox.Counts.Conflated);
        if (policy is SlowReaderPolicy.Conflate)
            Assert.Equal(Keys, told.Messages.TakeLast(Keys).Select(message => message.Offset % Keys).Distinct().Count());

        // From here on as if nothing had been.
        await PushAsync(quick, policy, 20);
        Assert.Equal(told.Skipped, (await ReadToAsync(stopped, Messages + 20, told)).Skipped);
        await Wait.UntilAsync(() => _node.Outbox is { Bytes: 0, Memory: 0 }, "nothing to be left behind");
    }

    [Fact]
    public async Task Without_a_policy_the_reader_is_ended_and_nothing_is_passed_over()
    {
        using var stopped = await JoinAsync("u1");
        using var quick = await JoinAsync("u2");
        await PushAsync(quick, SlowReaderPolicy.Disconnect, Messages);
        await Wait.UntilAsync(() => _node.Sessions.OfUser("u1").Count == 0, "the slow reader to be ended");
        Assert.Equal(1, _node.Outbox.Counts.Disconnects);
        Assert.Equal(0, _node.Outbox.Counts.Dropped + _node.Outbox.Counts.Conflated);
    }

    [Fact]
    public async Task Each_policy_has_its_own_counts()
    {
        using var stopped = await JoinAsync("u1");
        using var quick = await JoinAsync("u2");
        await PushAsync(quick, SlowReaderPolicy.DropOldest, Messages);
        var seen = new Dictionary<(string, string), long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name is "connect_node.slow_readers" or "connect_node.passed_over")
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var key = (instrument.Name, (string)tags[0].Value!);
            seen[key] = Math.Max(value, seen.GetValueOrDefault(key));
        });
        listener.Start();
        listener.RecordObservableInstruments();
        Assert.True(seen[("connect_node.slow_readers", "drop_oldest")] > 0);
        Assert.True(seen[("connect_node.passed_over", "drop_oldest")] >= _node.Outbox.Counts.Dropped);
        Assert.Equal(["conflate", "disconnect", "drop_oldest"], seen.Keys.Where(key => key.Item1 == "connect_node.slow_readers").Select(key => key.Item2).Order());
    }

    private async Task<RawWebSocket> JoinAsync(string user)
    {
        var socket = await RawWebSocket.OpenAsync(_node.Port, $"user_id={user}&room_id=r");
        await socket.ReadAsync("joined");
        return socket;
    }

    /// <summary>At the pace of the reader that keeps up, which misses nothing.</summary>
    private async Task PushAsync(RawWebSocket quick, SlowReaderPolicy policy, int count)
    {
        var lane = _node.Channels.LaneOf("room:r");
        for (var i = 0; i < count; i += 5)
        {
            long last = 0;
            for (var j = 0; j < 5; j++)
            {
                var message = _node.Upstream.Append("room:r", Body);
                last = message.Position.Offset;
                message.Content.Key = $"k{last % Keys}";
                lane.Post(new LaneWork(message, SlowReaders: policy));
            }

            for (var offset = last - 4; offset <= last; offset++)
                Assert.Equal(offset, (await quick.ReadAsync("serverMessages")).GetProperty("payload").GetProperty("messages")[0].GetProperty("offset").GetInt64());
        }
    }

    private static async Task<GapOracle> ReadToAsync(RawWebSocket socket, long offset, GapOracle? told = null)
    {
        told ??= new GapOracle("room:r");
        while (told.Position < offset)
        {
            var (first, payload) = await socket.ReadFrameAsync();
            Assert.True(first == 0x81, $"At {told.Position}: frame {first:x2} {Convert.ToHexString(payload)}");
            told.Take(FrameCodec.Json.DecodeServer(payload));
        }

        return told;
    }
}
