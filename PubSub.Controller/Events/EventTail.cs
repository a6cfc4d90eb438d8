using Microsoft.Extensions.Options;
using PubSub.Controller.Redis;
using PubSub.Protocol;

namespace PubSub.Controller.Events;

/// <summary>Looks for new events on behalf of all watchers: one look at Redis, and none while nobody watches.</summary>
internal sealed class EventTail(EventReader reader, IOptions<EventOptions> options, TimeProvider time)
{
    private static readonly TimeSpan WhileAway = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private TaskCompletionSource<IReadOnlyList<ClusterEvent>> _next = NewNext();
    private Task<IReadOnlyList<ClusterEvent>>? _last;
    private long _at;
    private int _seats;
    private bool _isRunning;

    /// <summary>A place at the end of the events, to be given back. What is found from now on is told to it.</summary>
    /// <param name="after">The last number that the watcher has.</param>
    public Seat Sit(long after)
    {
        lock (_lock)
        {
            _seats++;
            if (!_isRunning)
            {
                (_isRunning, _at) = (true, after);
                _ = Task.Run(RunAsync);
            }

            return new Seat(this, _next.Task);
        }
    }

    private static TaskCompletionSource<IReadOnlyList<ClusterEvent>> NewNext() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task RunAsync()
    {
        while (IsWatched())
        {
            try
            {
                if (await reader.ReadAsync(_at) is { Count: > 0 } page)
                    HandOut(page);
                else
                    await Task.Delay(options.Value.Poll, time);
            }
            catch (RedisAwayException)
            {
                // No event is lost by a Redis that is away.
                await Task.Delay(WhileAway, time);
            }
        }
    }

    private bool IsWatched()
    {
        lock (_lock)
            return _isRunning = _seats > 0;
    }

    private void HandOut(IReadOnlyList<ClusterEvent> page)
    {
        TaskCompletionSource<IReadOnlyList<ClusterEvent>> next;
        lock (_lock)
        {
            _at = page[^1].Number;
            (next, _next) = (_next, NewNext());
            _last = next.Task;
        }

        next.SetResult(page);
    }

    /// <summary>A watcher's place. It keeps one page at most, however slow the watcher is.</summary>
    internal sealed class Seat(EventTail tail, Task<IReadOnlyList<ClusterEvent>> next) : IDisposable
    {
        /// <summary>What was found first since the seat was taken or <see cref="Follow"/> was called.</summary>
        public Task<IReadOnlyList<ClusterEvent>> Next { get; private set; } = next;

        /// <summary>Turns to what is found from now on. False: there was more since, and the watcher has to read it.</summary>
        public bool Follow()
        {
            lock (tail._lock)
            {
                var isLevel = tail._last == Next;
                Next = tail._next.Task;
                return isLevel;
            }
        }

        public void Dispose()
        {
            lock (tail._lock)
                tail._seats--;
        }
    }
}
