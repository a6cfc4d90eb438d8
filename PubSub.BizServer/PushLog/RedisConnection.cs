using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace PubSub.BizServer.PushLog;

/// <summary>The one connection to Redis, made when it is first needed: the direct path needs none.</summary>
internal sealed class RedisConnection(IOptions<PushLogOptions> options) : IDisposable
{
    private readonly Lazy<ConnectionMultiplexer> _connection = new(() => Connect(options.Value));

    /// <summary>Runs a command; every failure is one that the sender can understand.</summary>
    /// <exception cref="PushLogAwayException">Redis refused, or did not answer in time.</exception>
    public async Task<RedisResult> CallAsync(Func<IDatabase, Task<RedisResult>> call, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return await call(_connection.Value.GetDatabase()).WaitAsync(options.Value.Timeout, time, cancellationToken);
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
        if (_connection.IsValueCreated)
            _connection.Value.Dispose();
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

    private static ConnectionMultiplexer Connect(PushLogOptions options)
    {
        var settings = ConfigurationOptions.Parse(options.Redis);
        settings.AbortOnConnectFail = false;
        settings.ConnectTimeout = options.TimeoutMs;
        settings.SyncTimeout = options.TimeoutMs;
        settings.ClientName = "pubsub-biz-server";
        settings.ConnectRetry = 1;
        settings.ReconnectRetryPolicy = new LinearRetry(500);
        return ConnectionMultiplexer.Connect(settings);
    }
}
