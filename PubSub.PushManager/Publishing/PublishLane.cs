using System.Threading.Channels;
using PubSub.Protocol.Channels;

namespace PubSub.PushManager.Publishing;

/// <summary>
/// One queue, one consumer: the pushes of a channel pass here one after another. What came while the last batch was
/// under way is the next batch, so the busier a lane, the fewer round trips it takes for each push.
/// </summary>
internal sealed partial class PublishLane
{
    private readonly LaneWork _work;
    private readonly LaneMemory _memory = new();
    private readonly int _batchSize;
    private readonly ILogger _logger;
    private readonly Channel<PendingPush?> _queue;
    private readonly Task _running;

    public PublishLane(LaneWork work, PublishOptions options, ILogger<PublishLane> logger)
    {
        _work = work;
        _batchSize = options.LaneBatch;
        _logger = logger;
        _queue = Channel.CreateBounded<PendingPush?>(new BoundedChannelOptions(options.LaneCapacity) { SingleReader = true });
        _running = Task.Run(RunAsync);
    }

    public int Waiting => _queue.Reader.Count;

    public bool TryEnqueue(PendingPush push) => _queue.Writer.TryWrite(push);

    /// <summary>Looks at what could not be told to nodes so far. A full lane looks at it anyway.</summary>
    public void Wake() => _queue.Writer.TryWrite(null);

    /// <summary>The channel's last answers said that it has no log.</summary>
    public bool KnowsLogOff(ChannelId channel) => _memory.IsLogOff(channel);

    public Task StopAsync()
    {
        _queue.Writer.TryComplete();
        return _running;
    }

    private async Task RunAsync()
    {
        var batch = new List<PendingPush>(_batchSize);
        while (await _queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < _batchSize && _queue.Reader.TryRead(out var push))
            {
                if (push is not null)
                    batch.Add(push);
            }

            try
            {
                await _work.DoAsync(batch, _memory);
            }
            catch (Exception failure)
            {
                // One bad batch must not stop the lane for everybody behind it.
                LogBatchFailed(failure, batch.Count);
                LaneWork.Fail(batch);
            }
        }
    }
}
