using Microsoft.Extensions.Options;
using PubSub.ConnectNode.Delivery;
using PubSub.ConnectNode.Upstream;
using PubSub.Protocol;
using PubSub.Protocol.Channels;

namespace PubSub.ConnectNode.Channels;

/// <summary>
/// Reads a channel's log for a lane: its end when the first subscriber comes in, what lies in a hole, and what sessions
/// missed. The lane asks once for all its sessions and not again before the answer, which comes back through its own
/// queue.
/// </summary>
internal sealed class GapRepair(IPushUplink pushes, NodeMetrics metrics, TimeProvider time, IOptions<NodeOptions> options)
    : IDisposable
{
    public const int MostAtOnce = 500;
    private const int MostPageReads = 64;
    private const int MostPieceBytes = 128 * 1024;
    private const long MostKeptBytes = 64 * 1024 * 1024;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly SemaphoreSlim _pageReads = new(MostPageReads);
    private long _keptBytes;

    /// <summary>Messages that one resume may bring.</summary>
    public int MostMissed => options.Value.ResumeMaxMessages;

    /// <summary>What leaves for a session that catches up before the next is given to it.</summary>
    public int PieceBytes { get; } = Math.Min(MostPieceBytes, options.Value.OutboxMaxBytes / 8);

    /// <summary>The pages of all channels take more memory than they are worth.</summary>
    public bool KeepsTooMuch => Interlocked.Read(ref _keptBytes) > MostKeptBytes;

    public void Keeps(int bytes) => Interlocked.Add(ref _keptBytes, bytes);

    public void Told(bool isRecovered) => metrics.Resumed(isRecovered);

    public void Dispose() => _pageReads.Dispose();

    public async void ReadEnd(NodeLane lane, ChannelId channel)
    {
        try
        {
            var slice = await pushes.ReadLogAsync(new LogRange { Channel = channel.Text, After = new Position() }, CancellationToken.None);
            lane.Post(new LaneCommand.Settle(channel.Text, slice, null));
        }
        catch (Exception error)
        {
            lane.Post(new LaneCommand.Settle(channel.Text, null, error));
        }
    }

    public async void ReadHole(NodeLane lane, ChannelId channel, ChannelPosition after)
    {
        try
        {
            var range = new LogRange { Channel = channel.Text, After = after.ToProto(), Limit = MostAtOnce };
            var slice = await pushes.ReadLogAsync(range, CancellationToken.None);
            metrics.Repaired("read");
            lane.Post(new LaneCommand.Repaired(channel.Text, slice));
        }
        catch (Exception)
        {
            // Counted, not logged for each channel: the uplink says once that the push managers are away.
            metrics.Repaired("failed");
            lane.Post(new LaneCommand.Repaired(channel.Text, null));
        }
    }

    public async void ReadPage(NodeLane lane, ChannelId channel, Resume resume, LogPage page, bool again)
    {
        try
        {
            if (again)
                await Task.Delay(Pause, time);
            await _pageReads.WaitAsync();
            try
            {
                var slice = await pushes.ReadLogAsync(page.ToRange(channel), CancellationToken.None);
                lane.Post(new LaneCommand.PageRead(channel.Text, resume, page, slice, null));
            }
            finally
            {
                _pageReads.Release();
            }
        }
        catch (Exception error)
        {
            lane.Post(new LaneCommand.PageRead(channel.Text, resume, page, null, error));
        }
    }
}
