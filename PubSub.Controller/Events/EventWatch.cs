using PubSub.Controller.Redis;
using PubSub.Protocol;

namespace PubSub.Controller.Events;

/// <summary>
/// Hands the events to one watcher, from a number on and without end. Any controller gives the same events with the same
/// numbers, so a watcher goes on at another one. A Redis that is away is waited for: no event is lost by it.
/// </summary>
internal sealed class EventWatch(EventReader reader, EventTail tail, TimeProvider time)
{
    private static readonly TimeSpan WhileAway = TimeSpan.FromSeconds(1);

    /// <param name="after">The last number that the watcher has; nothing for what comes from now on.</param>
    /// <param name="readyAsync">Called once with the number behind which every event is certain to be seen.</param>
    /// <param name="tellAsync">Called with each event.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    public async Task RunAsync(
        long? after, Func<long, Task> readyAsync, Func<ClusterEvent, Task> tellAsync, CancellationToken cancellationToken)
    {
        var last = after ?? await reader.LastAsync();
        await readyAsync(last);

        // Taken before the first read, so that nothing can come in between.
        using var seat = tail.Sit(last);
        var isLevel = false;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var page = isLevel ? await seat.Next.WaitAsync(cancellationToken) : await TryReadAsync(last);
            if (page is null)
            {
                await Task.Delay(WhileAway, time, cancellationToken);
                continue;
            }

            isLevel = isLevel ? seat.Follow() : page.Count == 0;
            foreach (var told in page.Where(read => read.Number > last))
            {
                await tellAsync(WithMissed(told, last));
                last = told.Number;
            }
        }
    }

    /// <summary>An event may be other watchers' too, so what only this one missed is written into a copy.</summary>
    private static ClusterEvent WithMissed(ClusterEvent read, long last)
    {
        // Whoever asks for the oldest that is kept (0) misses nothing it could know of.
        var missed = last == 0 ? 0 : read.Number - last - 1;
        if (missed == 0)
            return read;
        var told = read.Clone();
        told.Missed = missed;
        return told;
    }

    private async Task<IReadOnlyList<ClusterEvent>?> TryReadAsync(long after)
    {
        try
        {
            return await reader.ReadAsync(after);
        }
        catch (RedisAwayException)
        {
            return null;
        }
    }
}
