using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using PubSub.Protocol.Channels;
using PubSub.Protocol.Client;
using PubSub.Protocol.Frames;
using PubSub.Tests.Faults.Oracle;

namespace PubSub.Tests.Faults;

/// <summary>
/// A client in one room that comes back whenever it is cut off, to whichever node answers, with the position it has.
/// Written to the protocol alone, without the client library, so that the two cannot share a mistake.
/// </summary>
internal sealed class FaultClient(string user, string room, Listener listener, Func<Uri> nextNode, Flaw flaw = Flaw.None)
{
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<TimeSpan> _absences = new();
    private readonly ConcurrentQueue<int> _closeCodes = new();
    private readonly TaskCompletionSource _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _channel = ChannelId.Room(room).Text;
    private Task _running = Task.CompletedTask;
    private long _cutOffAt;
    private long _arrivals;

    /// <summary>Completes when it was in its room for the first time.</summary>
    public Task Joined => _joined.Task;

    /// <summary>How long it took each time from the end of a connection to being in the room again.</summary>
    public IReadOnlyCollection<TimeSpan> Absences => _absences;

    /// <summary>With what its node said good-bye, where it did.</summary>
    public IReadOnlyCollection<int> CloseCodes => _closeCodes;

    /// <summary>How often it was told that it cannot have all that it missed.</summary>
    public int NotRecovered { get; private set; }

    public void Start() => _running = RunAsync();

    public async Task StopAsync()
    {
        if (_stopping.IsCancellationRequested)
            return;
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private bool HasALog => flaw is not (Flaw.HasNoLog or Flaw.NumbersByArrival);

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                using var socket = new ClientWebSocket();
                await ConnectAsync(socket);
                await ReceiveAsync(socket);
            }
            catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or HttpRequestException)
            {
                // Cut off, or nobody there: the loop goes to the next node.
            }

            if (_cutOffAt == 0)
                _cutOffAt = Stopwatch.GetTimestamp();
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(50, 300)), _stopping.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ConnectAsync(ClientWebSocket socket)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        patience.CancelAfter(ConnectPatience);
        socket.Options.KeepAliveInterval = TimeSpan.FromSeconds(2);
        socket.Options.KeepAliveTimeout = TimeSpan.FromSeconds(4);
        await socket.ConnectAsync(new Uri($"{nextNode()}?user_id={user}"), patience.Token);

        var join = new ClientEnvelope { Id = "join", Join = new Join { RoomId = room } };
        if (HasALog && flaw is not Flaw.ForgetsPositions && listener.PositionIn(_channel) is { } position)
            join.Join.Position = new ChannelCursor { Epoch = position.Epoch, Offset = position.Offset };
        var bytes = new ArrayBufferWriter<byte>();
        FrameCodec.Json.Encode(join, bytes);
        await socket.SendAsync(bytes.WrittenMemory, WebSocketMessageType.Text, true, patience.Token);
    }

    private async Task ReceiveAsync(ClientWebSocket socket)
    {
        var frame = new ArrayBufferWriter<byte>();
        while (true)
        {
            var part = await socket.ReceiveAsync(frame.GetMemory(16 * 1024), _stopping.Token);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                _closeCodes.Enqueue((int)(socket.CloseStatus ?? 0));
                return;
            }

            frame.Advance(part.Count);
            if (!part.EndOfMessage)
                continue;
            Handle(FrameCodec.Json.DecodeServer(frame.WrittenSpan));
            frame.ResetWrittenCount();
        }
    }

    private void Handle(ServerEnvelope frame)
    {
        switch (frame.PayloadCase)
        {
            case ServerEnvelope.PayloadOneofCase.Joined:
                TakeJoined(frame.Joined.Channel);
                break;
            case ServerEnvelope.PayloadOneofCase.ServerMessages:
                foreach (var message in frame.ServerMessages.Messages)
                {
                    if (message.Channel == _channel)
                        listener.Received(_channel, PositionOf(message), message.Data);
                }

                break;
            case ServerEnvelope.PayloadOneofCase.Error:
                // Not in the room, so not where it belongs: try again from the start.
                throw new IOException($"{user} was refused: {frame.Error.Code} {frame.Error.Message}");
            default:
                break;
        }
    }

    private void TakeJoined(Resumed channel)
    {
        var returns = listener.PositionIn(_channel) is not null;
        if (HasALog)
        {
            if (returns && !channel.Recovered)
                NotRecovered++;
            listener.Subscribed(_channel, new ChannelPosition(channel.Epoch, channel.Offset), channel.Recovered);
        }
        else
        {
            // Nobody tells it that it missed some, and it thinks that it did not.
            listener.Subscribed(_channel, new ChannelPosition(1, 0), recovered: true);
        }

        if (returns && _cutOffAt != 0)
            _absences.Enqueue(Stopwatch.GetElapsedTime(_cutOffAt));
        _cutOffAt = 0;
        _joined.TrySetResult();
    }

    private ChannelPosition PositionOf(ServerMessage message) => flaw switch
    {
        Flaw.HasNoLog => new ChannelPosition(1, NumberedMessage.Parse(message.Data)?.Number ?? 0),
        Flaw.NumbersByArrival => new ChannelPosition(1, ++_arrivals),
        _ => new ChannelPosition(message.Epoch, message.Offset),
    };
}
