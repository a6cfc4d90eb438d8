using Microsoft.Extensions.Options;
using PubSub.Controller.Events;
using StackExchange.Redis;

namespace PubSub.Controller.Redis;

/// <summary>
/// Writes entries of the indexes that have events. What gathers while one call is under way is the next call, so a storm
/// of sessions costs a few calls and not one for each.
/// </summary>
internal sealed class IndexWriter(RedisStore redis, IOptions<EventOptions> options)
{
    private const int AtOnce = 500;

    private static readonly StoreScript FollowScript = StoreScript.Load("index_follow");
    private static readonly RedisKey[] Keys = [RedisKeys.Events, RedisKeys.EventNumber, RedisKeys.Users, RedisKeys.OccupiedRooms];

    private readonly Lock _lock = new();
    private readonly Queue<Entry> _waiting = new();
    private bool _isWriting;

    public Task WriteUserAsync(string userId, bool isOnline) =>
        WriteAsync(new Entry(1, userId, isOnline, isOnline ? EventKinds.UserOnline : EventKinds.UserOffline));

    public Task WriteOccupiedAsync(string roomId, bool isOccupied) =>
        WriteAsync(new Entry(2, roomId, isOccupied, isOccupied ? EventKinds.RoomOccupied : EventKinds.RoomVacated));

    private Task WriteAsync(Entry entry)
    {
        lock (_lock)
        {
            _waiting.Enqueue(entry);
            if (!_isWriting)
            {
                _isWriting = true;
                _ = RunAsync();
            }
        }

        return entry.Written.Task;
    }

    private async Task RunAsync()
    {
        while (Take() is { Count: > 0 } entries)
        {
            try
            {
                RedisValue[] arguments =
                [
                    options.Value.Kept,
                    .. entries.SelectMany(entry => new RedisValue[] { entry.Index, entry.Id, entry.IsIn ? 1 : 0, entry.Kind }),
                ];
                await redis.RunAsync(FollowScript, Keys, arguments);
                entries.ForEach(static entry => entry.Written.SetResult());
            }
            catch (Exception failure)
            {
                // Each of those who wait answers for its own change.
                entries.ForEach(entry => entry.Written.SetException(failure));
            }
        }
    }

    private List<Entry> Take()
    {
        lock (_lock)
        {
            var entries = new List<Entry>(Math.Min(AtOnce, _waiting.Count));
            while (entries.Count < AtOnce && _waiting.TryDequeue(out var entry))
                entries.Add(entry);
            _isWriting = entries.Count > 0;
            return entries;
        }
    }

    private sealed record Entry(int Index, string Id, bool IsIn, string Kind)
    {
        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
