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
    // Newer than any that the real log gives, so that it counts as the channel's next life.
    private readonly long _epoch = DateTimeOffset.UtcNow.AddDays(1).ToUnixTimeMilliseconds() * 1000;

    private readonly GrpcChannel _channel;
    private readonly AsyncDuplexStreamingCall<DeliveryBatch, DeliveryAck> _call;
    private readonly Func<int, string> _channelOf;
    private readonly Task _acks;
    private long _sequence = 1;

    public LinkPublisher(int grpcPort, Func<int, string> channelOf)
    {
        _channelOf = channelOf;
        _channel = GrpcChannel.ForAddress($"http://127.0.0.1:{grpcPort}");
        _call = new ConnectNodeService.ConnectNodeServiceClient(_channel).Deliver();
        _acks = ReadAcksAsync();
    }

    public static string Room(int stream) => "room:" + Dialect.RoomOf(stream);

    public static string User(int stream) => "user:" + Dialect.UserOf(stream);

    public async Task PublishAsync(IReadOnlyList<Outgoing> messages)
    {
        var batch = new DeliveryBatch { FirstSequence = _sequence };
        foreach (var message in messages)
        {
            batch.Deliveries.Add(new Delivery
            {
                Message = new ChannelMessage
                {
                    Channel = _channelOf(message.Stream),
                    MessageId = $"{message.Stream:x8}{message.Sequence:x24}",
                    Position = new Position { Epoch = _epoch, Offset = message.Sequence },
                    Content = new Content { Data = message.Data, Timestamp = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() },
                },
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
