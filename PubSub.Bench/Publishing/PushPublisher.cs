using Grpc.Core;
using Grpc.Net.Client;
using PubSub.Bench.Load;
using PubSub.Protocol;

namespace PubSub.Bench.Publishing;

internal enum PushTarget
{
    Room,
    User,
    All,
}

/// <summary>
/// What a backend does: gRPC to the push manager. Streams are dealt to callers; a caller has one batch under way, and what
/// gathers meanwhile is its next one, so the order of a stream holds.
/// </summary>
internal sealed class PushPublisher : IPublisher
{
    private const int MostInOneCall = 200;

    private readonly GrpcChannel _channel;
    private readonly PushManagerService.PushManagerServiceClient _client;
    private readonly PushTarget _target;
    private readonly Caller[] _callers;

    public PushPublisher(int port, PushTarget target, int callers)
    {
        _channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        _client = new PushManagerService.PushManagerServiceClient(_channel);
        _target = target;
        _callers = [.. Enumerable.Range(0, callers).Select(_ => new Caller(this))];
    }

    /// <summary>Pushes that were not answered with OK.</summary>
    public long Refused { get; private set; }

    public string LastComplaint { get; private set; } = "";

    /// <summary>From the call to its answer, in which the push is accepted and handed to the sockets.</summary>
    public LatencyHistogram Answers { get; private set; } = new();

    public void NewPhase() => Answers = new LatencyHistogram();

    public Task PublishAsync(IReadOnlyList<Outgoing> messages)
    {
        foreach (var message in messages)
            _callers[message.Stream % _callers.Length].Post(message);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _channel.Dispose();
        return ValueTask.CompletedTask;
    }

    private string ChannelOf(int stream) => _target switch
    {
        PushTarget.Room => LinkPublisher.Room(stream),
        PushTarget.User => LinkPublisher.User(stream),
        _ => "all",
    };

    private async Task CallAsync(List<Outgoing> messages)
    {
        var request = new PushBatchRequest();
        foreach (var message in messages)
            request.Pushes.Add(new Push { Channel = ChannelOf(message.Stream), Content = new Content { Data = message.Data } });
        var begun = System.Diagnostics.Stopwatch.GetTimestamp();
        try
        {
            var reply = await _client.PushBatchAsync(request);
            var refused = reply.Outcomes.Where(static outcome => outcome.Code != 0).ToArray();
            lock (_callers)
            {
                Answers.RecordSince(begun);
                Refused += refused.Length;
                if (refused.Length > 0)
                    LastComplaint = refused[0].Error;
            }
        }
        catch (RpcException error)
        {
            lock (_callers)
            {
                Refused += messages.Count;
                LastComplaint = error.Status.Detail;
            }
        }
    }

    private sealed class Caller(PushPublisher owner)
    {
        private readonly List<Outgoing> _waiting = [];
        private bool _calling;

        public void Post(in Outgoing message)
        {
            lock (_waiting)
            {
                _waiting.Add(message);
                if (_calling)
                    return;
                _calling = true;
            }

            _ = Task.Run(RunAsync);
        }

        private async Task RunAsync()
        {
            while (true)
            {
                List<Outgoing> batch;
                lock (_waiting)
                {
                    if (_waiting.Count == 0)
                    {
                        _calling = false;
                        return;
                    }

                    batch = [.. _waiting.Take(MostInOneCall)];
                    _waiting.RemoveRange(0, batch.Count);
                }

                await owner.CallAsync(batch);
            }
        }
    }
}
