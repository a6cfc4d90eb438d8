using Microsoft.Extensions.Options;
using PubSub.Controller.Redis;
using PubSub.Protocol;

namespace PubSub.Controller.Events;

/// <summary>
/// Hands the events to one watcher, from a number on and without end. Any controller gives the same events with the same
/// numbers, so a watcher goes on at another one. A Redis that is away is waited for: no event is lost by it.
/// </summary>
internal sealed class EventWatch(EventReader reader, IOptions<EventOptions> options, TimeProvider time)
{
    private static readonly TimeSpan WhileAway = TimeSpan.FromSeconds(1);

    /// <param name="after">The last number that the watcher has; nothing for what comes from now on.</param>
    /// <param name="readyAsync">Called once, when every later event is certain to be seen.</param>
    /// <param name="tellAsync">Called with each event.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    public async Task RunAsync(
        long? after, Func<Task> readyAsync, Func<ClusterEvent, Task> tellAsync, CancellationToken cancellationToken)
    {
        var last = after ?? await reader.LastAsync();
        await readyAsync();
        while (true)
        {
            var events = await TryReadAsync(last);
            foreach (var read in events ?? [])
            {
                // Whoever asks for the oldest that is kept (0) misses nothing it could know of.
                read.Missed = last == 0 ? 0 : read.Number - last - 1;
                await tellAsync(read);
                last = read.Number;
            }

            if (events is not { Count: > 0 })
                await Task.Delay(events is null ? WhileAway : options.Value.Poll, time, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
        }
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
