using System.Collections.Concurrent;
using StackExchange.Redis;

namespace PubSub.Tests.Wire.Redis;

/// <summary>Callers that write one key after the other and remember which writes were acknowledged.</summary>
internal sealed class WriteLoad : IAsyncDisposable
{
    private const int Callers = 16;

    private static readonly TimeSpan PaceOfFailures = TimeSpan.FromMilliseconds(5);

    private readonly IDatabase _database;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _acknowledged = new();
    private readonly ConcurrentQueue<Exception> _failures = new();
    private readonly Task _callers;

    public WriteLoad(IDatabase database)
    {
        _database = database;
        _callers = Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(() => WriteAsync(caller))));
    }

    public IReadOnlyCollection<string> Acknowledged => _acknowledged;

    public IReadOnlyCollection<Exception> Failures => _failures;

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _callers;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task WriteAsync(int caller)
    {
        for (var i = 0; !_stop.IsCancellationRequested; i++)
        {
            var key = $"w{caller}:{i}";
            try
            {
                await _database.StringSetAsync(key, i).WaitAsync(RecommendedRedis.CallDeadline);
                _acknowledged.Enqueue(key);
            }
            catch (Exception e)
            {
                _failures.Enqueue(e);
                await Task.Delay(PaceOfFailures);
            }
        }
    }
}
