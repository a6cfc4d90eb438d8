using System.Globalization;
using Grpc.Core;
using Grpc.Net.Client;
using PubSub.Bench.Load;
using PubSub.Protocol;

namespace PubSub.Bench.Publishing;

/// <summary>
/// Plays the push manager to one node: its delivery stream, with positions as a log would give them. So the node alone is
/// measured, with everything that it does for a real message.
/// </summary>
internal sealed class LinkPublisher : IPublisher
{
    private readonly long _epoch = NewEpoch();
    private readonly GrpcChannel _channel;
    private readonly AsyncDuplexStreamingCall<DeliveryBatch, DeliveryAck> _call;
    private readonly Func<int, string> _channelOf;
    private readonly SlowReaderPolicy _slowReaders;
    private readonly int _keys;
    private readonly Task _acks;
    private long _sequence = 1;

    /// <param name="grpcPort">The node's.</param>
    /// <param name="channelOf">A stream's.</param>
    /// <param name="slowReaders">What the rooms have chosen.</param>
    /// <param name="keys">So many states the messages are of, in turn; 0: of none.</param>
    public LinkPublisher(
        int grpcPort, Func<int, string> channelOf, SlowReaderPolicy slowReaders = SlowReaderPolicy.Unspecified, int keys = 0)
    {
        _channelOf = channelOf;
        (_slowReaders, _keys) = (slowReaders, keys);
        _channel = GrpcChannel.ForAddress($"http://127.0.0.1:{grpcPort}");
        _call = new ConnectNodeService.ConnectNodeServiceClient(_channel).Deliver();
        _acks = ReadAcksAsync();
    }

    public static string Room(int stream) => "room:" + Dialect.RoomOf(stream);

    public static string User(int stream) => "user:" + Dialect.UserOf(stream);

    /// <summary>Newer than any that the real log gives, so that it counts as the channel's next life.</summary>
    public static long NewEpoch() => DateTimeOffset.UtcNow.AddDays(1).ToUnixTimeMilliseconds() * 1000;

    public static ChannelMessage MessageOf(string channel, in Outgoing message, long epoch, string key) => new()
    {
        Channel = channel,
        MessageId = $"{message.Stream:x8}{message.Sequence:x24}",
        Position = new Position { Epoch = epoch, Offset = message.Sequence },
        Content = new Content { Data = message.Data, Timestamp = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), Key = key },
    };

    public async Task PublishAsync(IReadOnlyList<Outgoing> messages)
    {
        var batch = new DeliveryBatch { FirstSequence = _sequence };
        foreach (var message in messages)
        {
            // No trace context: a push manager whose sampler said no sends none either.
            batch.Deliveries.Add(new Delivery
            {
                Message = MessageOf(_channelOf(message.Stream), message, _epoch, KeyOf(message.Sequence)),
                SlowReaders = _slowReaders,
            });
        }

        _sequence += messages.Count;
        await _call.RequestStream.WriteAsync(batch);
    }

    public async ValueTask DisposeAsync()
    {
        await _call.RequestStream.CompleteAsync();
        await _acks;
        _call.Dispose();
        _channel.Dispose();
    }

    private string KeyOf(uint sequence) => _keys == 0 ? "" : (sequence % (uint)_keys).ToString(CultureInfo.InvariantCulture);

    private async Task ReadAcksAsync()
    {
        try
        {
            while (await _call.ResponseStream.MoveNext(CancellationToken.None))
            {
            }
        }
        catch (RpcException)
        {
            // The node is gone; the deliveries show it.
        }
    }
}
