using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace PubSub.BizServer.PushLog;

/// <summary>
/// The one connection to Redis, made when it is first needed: the direct path needs none. Those who come while it is made
/// wait for the same one, without a thread; one that could not be made is made anew for the next who comes.
/// </summary>
internal sealed class RedisConnection : IDisposable
{
    private readonly PushLogOptions _options;
    private readonly Func<ConfigurationOptions, Task<IConnectionMultiplexer>> _connect;
    private readonly Lock _lock = new();
    private Task<IConnectionMultiplexer>? _connection;

    public RedisConnection(IOptions<PushLogOptions> options)
        : this(options.Value, static async settings => await ConnectionMultiplexer.ConnectAsync(settings))
    {
    }

    internal RedisConnection(PushLogOptions options, Func<ConfigurationOptions, Task<IConnectionMultiplexer>> connect)
    {
        _options = options;
        _connect = connect;
    }

    /// <summary>Runs a command; every failure is one that the sender can understand.</summary>
    /// <exception cref="PushLogAwayException">Redis refused, or did not answer in time.</exception>
    public async Task<RedisResult> CallAsync(Func<IDatabase, Task<RedisResult>> call, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            var connection = await ConnectAsync().WaitAsync(_options.Timeout, time, cancellationToken);
            return await call(connection.GetDatabase()).WaitAsync(_options.Timeout, time, cancellationToken);
        }
        catch (RedisServerException refused)
        {
            throw new PushLogAwayException($"the push log (Redis) refused: {refused.Message}", refused);
        }
        catch (Exception cause) when (cause is RedisException or RedisCommandException or TimeoutException)
        {
            throw new PushLogAwayException("the push log (Redis) did not answer. Try again, with the same ids.", cause);
        }
    }

    public Task<RedisResult> EvaluateAsync(string script, RedisKey[] keys, RedisValue[] values, TimeProvider time, CancellationToken cancellationToken) =>
        CallAsync(database => EvaluateAsync(database, script, keys, values), time, cancellationToken);

    public void Dispose()
    {
        lock (_lock)
        {
            // One that is still being made is let go when it is there.
            _connection?.ContinueWith(
                static made => made.Result.Dispose(), CancellationToken.None,
                TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private static async Task<RedisResult> EvaluateAsync(IDatabase database, string script, RedisKey[] keys, RedisValue[] values)
    {
        try
        {
            return await database.ScriptEvaluateAsync(script, keys, values);
        }
        catch (RedisServerException forgotten) when (forgotten.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // The server forgot its scripts. Nothing ran, so once more is safe; it sends the text again.
            return await database.ScriptEvaluateAsync(script, keys, values);
        }
    }

    private Task<IConnectionMultiplexer> ConnectAsync()
    {
        lock (_lock)
        {
            if (_connection is null or { IsFaulted: true } or { IsCanceled: true })
                _connection = Task.Run(() => _connect(Settings()));
            return _connection;
        }
    }

    private ConfigurationOptions Settings()
    {
        var settings = ConfigurationOptions.Parse(_options.Redis);
        settings.AbortOnConnectFail = false;
        settings.ConnectTimeout = _options.TimeoutMs;
        settings.SyncTimeout = _options.TimeoutMs;
        settings.ClientName = "pubsub-biz-server";
        // The check of the log's durability asks CONFIG GET, which newer clients send for nobody else.
        settings.AllowAdmin = true;
        settings.ConnectRetry = 1;
        settings.ReconnectRetryPolicy = new LinearRetry(500);
#if WHOLE_NUGET
        // Refused at once, as with the older client, instead of kept for the time-out in case Redis comes back.
        settings.BacklogPolicy = BacklogPolicy.FailFast;
#endif
        return settings;
    }
}
