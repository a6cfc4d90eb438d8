using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Options;
using PubSub.Controller.Statistics;
using StackExchange.Redis;

namespace PubSub.Controller.Redis;

/// <summary>
/// The one way to Redis: scripts and commands, each with a time limit, so that a Redis that is away or hangs is
/// reported and never waited for. Commands issued side by side share a connection and travel in one go.
/// </summary>
internal partial class RedisStore : IAsyncDisposable
{
    /// <summary>Redis answers, but takes no work, or no writes, for now.</summary>
    private static readonly string[] NotServing =
        ["LOADING", "BUSY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "READONLY", "MISCONF", "NOREPLICAS", "OOM"];

    private readonly RedisOptions _options;
    private readonly ControllerMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<RedisStore> _logger;
    private readonly Lazy<Task<ConnectionMultiplexer>> _connection;
    private readonly TimeSpan _timeout;
    private long _answeringSince;

    public RedisStore(
        IOptions<RedisOptions> options, ControllerMetrics metrics, TimeProvider time, ILogger<RedisStore> logger)
    {
        _options = options.Value;
        _metrics = metrics;
        _time = time;
        _logger = logger;
        _timeout = TimeSpan.FromMilliseconds(_options.TimeoutMs);
        _connection = new Lazy<Task<ConnectionMultiplexer>>(ConnectAsync);
        _answeringSince = time.GetTimestamp();
    }

    /// <summary>How long Redis has answered without a break that this process knows of.</summary>
    public TimeSpan AnsweringFor => _time.GetElapsedTime(Volatile.Read(ref _answeringSince));

    public Task<RedisResult> RunAsync(StoreScript script, RedisKey[] keys, params RedisValue[] arguments) =>
        AskAsync(script.Name, async database =>
        {
            try
            {
                return await database.ScriptEvaluateAsync(script.Hash, keys, arguments);
            }
            catch (RedisServerException refusal) when (refusal.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
            {
                // Redis started anew, or this is the script's first run on this server.
                return await database.ExecuteAsync("EVAL", EvalArguments(script, keys, arguments));
            }
        });

    /// <summary>Every command of the stores comes through here; virtual, so that a test can let the process die at any of them.</summary>
    public virtual async Task<T> AskAsync<T>(string command, Func<IDatabase, Task<T>> ask)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            var connection = await _connection.Value.WaitAsync(_timeout, _time);
            return await ask(connection.GetDatabase()).WaitAsync(_timeout, _time);
        }
        catch (Exception failure) when (IsAway(failure))
        {
            Volatile.Write(ref _answeringSince, _time.GetTimestamp());
            throw Away(failure);
        }
        finally
        {
            _metrics.RedisAnswered(command, Stopwatch.GetElapsedTime(started));
        }
    }

    /// <summary>The keys that match, over all servers. One at a time and in the background only: Redis walks all keys.</summary>
    public async Task<IReadOnlyList<RedisKey>> ScanAsync(string pattern, CancellationToken cancellationToken)
    {
        var connection = await _connection.Value.WaitAsync(_timeout, _time, cancellationToken);
        return await Task.Run(
            () =>
            {
                var keys = new HashSet<RedisKey>();
                foreach (var server in Servers(connection))
                {
                    foreach (var key in server.Keys(pattern: pattern, pageSize: 1000))
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        keys.Add(key);
                    }
                }

                return keys.ToList();
            },
            cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (!_connection.IsValueCreated)
            return;
        try
        {
            // Waiting for the answers to what is still under way can take the whole time-out, and nobody reads them.
            var connection = await _connection.Value;
            await connection.CloseAsync(allowCommandsToComplete: false);
            connection.Dispose();
        }
        catch (RedisConnectionException failure)
        {
            LogNeverConnected(failure);
        }
    }

    /// <summary>Whoever has waited for its turn meanwhile need not find out by itself that Redis is away.</summary>
    /// <param name="timestamp">When the wait began.</param>
    public void ThrowIfLostSince(long timestamp)
    {
        if (Volatile.Read(ref _answeringSince) > timestamp)
            throw Away(null);
    }

    private static RedisAwayException Away(Exception? failure) => new("Redis is away or does not answer: try again.", failure);

    private static IEnumerable<IServer> Servers(ConnectionMultiplexer connection) =>
        connection.GetEndPoints().Select((EndPoint endPoint) => connection.GetServer(endPoint)).Where(server => server.IsConnected);

    private static object[] EvalArguments(StoreScript script, RedisKey[] keys, RedisValue[] arguments) =>
        [script.Text, keys.Length, .. keys.Select(key => (object)key), .. arguments.Select(argument => (object)argument)];

    private static bool IsAway(Exception failure) =>
        failure is RedisConnectionException or TimeoutException or ObjectDisposedException or OperationCanceledException
        || (failure is RedisServerException { Message: var message } && IsNotServing(message));

    private static bool IsNotServing(string message) =>
        NotServing.Any(code => message.StartsWith(code, StringComparison.Ordinal));

    private async Task<ConnectionMultiplexer> ConnectAsync()
    {
        var settings = ConfigurationOptions.Parse(_options.Connection);
        settings.AbortOnConnectFail = false;
        settings.ConnectTimeout = _options.TimeoutMs;
        settings.SyncTimeout = _options.TimeoutMs;
        settings.ClientName = "pubsub-controller";
        // An attempt that fails is not the last one: the multiplexer goes on trying by itself.
        settings.ConnectRetry = 1;
        settings.ReconnectRetryPolicy = new LinearRetry(500);
#if WHOLE_NUGET
        // Refused at once, as with the older client, instead of kept for the time-out in case Redis comes back.
        settings.BacklogPolicy = BacklogPolicy.FailFast;
#endif

        var connection = await ConnectionMultiplexer.ConnectAsync(settings);
        connection.ConnectionFailed += (_, lost) =>
        {
            Volatile.Write(ref _answeringSince, _time.GetTimestamp());
            LogLost(lost.EndPoint, lost.FailureType);
        };
        connection.ConnectionRestored += (_, found) => LogRestored(found.EndPoint);
        return connection;
    }
}
